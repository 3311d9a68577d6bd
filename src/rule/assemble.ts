import { sha256Hex } from '../shared/digest.ts';
import { SEMANTICS_VERSION } from './digest.ts';
import { isMap, type SourceDocument } from './document.ts';
import type { ExceptionDraft } from './exception/index.ts';
import { resolveException } from './exception/resolve.ts';
import type { FileRules } from './file-rules.ts';
import type { Draft, References } from './front-end.ts';
import type { ContextTables } from './ir/context.ts';
import type { Exception } from './ir/exception.ts';
import type { Correlation, Detection, Rule, RuleId } from './ir/rule.ts';
import { readContexts } from './policy/context.ts';
import { compareProblems, type Problem } from './problem.ts';
import { reporter } from './reporter.ts';
import { checkFilter } from './sigma/filter.ts';
import { type GovernedFilter, governedFilter } from './sigma/filter-governance.ts';

/** Compiled rules as one named value. */
export type Ruleset = {
  readonly detections: readonly Detection[];
  readonly correlations: readonly Correlation[];
  readonly byId: ReadonlyMap<RuleId, Rule>;
  /** What policies know besides the event. */
  readonly contexts: ContextTables;
  readonly exceptions: readonly Exception[];
  /** SHA-256 (hex) over the logic of every rule and exception: equal digests decide alike. */
  readonly digest: string;
};

export type Loaded = { readonly ruleset: Ruleset; readonly problems: readonly Problem[]; readonly filters: readonly GovernedFilter[] };

/** A ruleset, and what it takes to put a changed file into it. */
export type Whole = {
  readonly loaded: Loaded;
  /** The draft of every id and name. */
  readonly owners: Map<string, Draft>;
  readonly references: References;
  /** Members of correlations, which do not alert alone. */
  readonly muted: ReadonlySet<RuleId>;
  /** What the digest is made of, sorted. */
  readonly lines: readonly string[];
  /** Are there errors that no file has by itself? */
  readonly misfits: boolean;
};

/** The second pass over what all files said: names, references, filters, circles. */
export const assemble = (files: readonly FileRules[]): Loaded => assembleWhole(files).loaded;

export function assembleWhole(files: readonly FileRules[]): Whole {
  const problems: Problem[] = files.flatMap((file) => file.problems);
  const alone = problems.length;
  const drafts = files.flatMap((file) => file.drafts);
  const broken = new Set(files.flatMap((file) => file.broken));
  const shared = Map.groupBy(
    files.flatMap((file) => file.shared),
    ({ kind }) => kind,
  );
  const sharedOf = (kind: string): readonly SourceDocument[] => (shared.get(kind) ?? []).map(({ document }) => document);
  const owners = nameAll(drafts, problems);
  const references = createReferences(owners, sharedOf, broken);
  const byId = new Map(finishAll(drafts, references, problems).map((rule) => [rule.id, rule]));
  finishAll(
    files.flatMap((file) => file.faulty),
    references,
    problems,
  );
  for (const document of sharedOf('filter')) {
    checkFilter(document, references, (id) => logsourceOf(byId.get(id)), reporter(document, problems));
  }
  dropDangling(byId, drafts, problems);
  const muted = mutedMembers(byId);
  for (const id of muted) byId.set(id, mute(byId.get(id) as Rule));
  const exceptions = resolveExceptions(
    files.flatMap((file) => file.exceptions),
    references,
    byId,
    problems,
  );
  const all = [...byId.values()];
  const contexts = readContexts(sharedOf('Context'));
  const lines = [
    ...all.map(lineOf),
    ...[...contexts.values()].map(({ store, version }) => `context ${store} ${version}`),
    ...exceptions.map(({ id, digest }) => `exception ${JSON.stringify(id)} ${digest}`),
  ].sort();
  const ruleset: Ruleset = {
    // The order in which rules that hold for one event are told of.
    detections: all.filter((rule) => rule.kind === 'detection').sort((a, b) => (b.priority ?? 1) - (a.priority ?? 1)),
    correlations: all.filter((rule) => rule.kind === 'correlation'),
    byId,
    contexts,
    exceptions,
    digest: digestOf(lines),
  };
  const misfits = problems.slice(alone).some(({ severity }) => severity === 'error');
  const loaded = { ruleset, problems: problems.sort(compareProblems), filters: sharedOf('filter').map(governedFilter) };
  return { loaded, owners, references, muted, lines, misfits };
}

/** SHA-256 (hex) of a ruleset from the sorted lines of what is in it. */
export const digestOf = (lines: readonly string[]): string => sha256Hex([`semantics ${SEMANTICS_VERSION}`, ...lines].join('\n'));

/** What a rule adds to the digest of its ruleset. */
export const lineOf = ({ id, logicDigest }: Rule): string => `${JSON.stringify(id)} ${logicDigest}`;

export const mute = (rule: Rule): Rule => ({ ...rule, alerts: false });

/** The draft of every id and name; a repeated one is an error at both places. */
function nameAll(drafts: Draft[], problems: Problem[]): Map<string, Draft> {
  const owners = new Map<string, Draft>();
  const repeated = new Set<Draft>();
  for (const draft of drafts) {
    for (const name of draft.names) {
      const other = owners.get(name);
      if (other === undefined) owners.set(name, draft);
      else if (other !== draft) {
        const { file, line } = other.document.placeOf([]);
        reporter(draft.document, problems).error(
          [draft.names[0] === name ? 'id' : 'name'],
          'ref/duplicate',
          `"${name}" is already the id or name of the rule at ${file}:${line}`,
        );
        repeated.add(draft);
      }
    }
  }
  for (const draft of repeated) {
    drafts.splice(drafts.indexOf(draft), 1);
    for (const name of draft.names) if (owners.get(name) === draft) owners.delete(name);
  }
  return owners;
}

function createReferences(owners: ReadonlyMap<string, Draft>, sharedOf: References['shared'], broken: ReadonlySet<string>): References {
  return {
    idOf: (reference) => owners.get(reference)?.names[0],
    all: () => owners.keys(),
    kindOf: (id) => owners.get(id)?.kind,
    shared: sharedOf,
    isBroken: (reference) => broken.has(reference),
  };
}

function finishAll(drafts: readonly Draft[], references: References, problems: Problem[]): readonly Rule[] {
  return drafts.flatMap((draft) => {
    const report = reporter(draft.document, problems);
    const rules = draft.finish(references, report);
    return report.failed() ? [] : rules;
  });
}

function resolveExceptions(
  drafts: readonly ExceptionDraft[],
  references: References,
  byId: ReadonlyMap<RuleId, Rule>,
  problems: Problem[],
): readonly Exception[] {
  const seen = new Map<string, ExceptionDraft>();
  return drafts.flatMap((draft) => {
    const report = reporter(draft.document, problems);
    const other = seen.get(draft.id);
    if (other !== undefined) {
      const { file, line } = other.document.placeOf([]);
      report.error(['id'], 'ref/duplicate', `"${draft.id}" is already the id of the exception at ${file}:${line}`);
      return [];
    }
    seen.set(draft.id, draft);
    const resolved = resolveException(draft, references, byId, report);
    return resolved === undefined ? [] : [resolved];
  });
}

/** A correlation whose member was left out, or that feeds on itself, cannot run; neither can one that needs it. */
function dropDangling(byId: Map<RuleId, Rule>, drafts: readonly Draft[], problems: Problem[]): void {
  const drop = (rule: Correlation, code: string, message: string): void => {
    byId.delete(rule.id);
    const document = drafts.find(({ names }) => names[0] === rule.id)?.document;
    if (document !== undefined)
      reporter(document, problems).error(
        [isMap(document.value) && Object.hasOwn(document.value, 'anomaly') ? 'anomaly' : 'correlation', 'rules'],
        code,
        message,
      );
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const rule of byId.values()) {
      if (rule.kind !== 'correlation') continue;
      const missing = rule.members.find((member) => !byId.has(member));
      if (missing !== undefined)
        drop(rule, 'ref/inactive-rule', `the rule "${missing}" is not active: it has errors, or its status is deprecated or unsupported`);
      else if (depth(rule, byId) > MAX_CHAIN) drop(rule, 'ref/cycle', chainText(rule, byId));
      else continue;
      changed = true;
    }
  }
}

const MAX_CHAIN = 8;

/** The circle that a rule leads into, by the names their authors gave (`a -> b -> a`), or how deep the chain below it is. */
function chainText(rule: Rule, byId: ReadonlyMap<RuleId, Rule>): string {
  const nameOf = ({ id, meta }: Rule): string => meta.name ?? id;
  const path = [rule];
  for (;;) {
    const last = path.at(-1) as Rule;
    const below = last.kind === 'correlation' ? last.members.map((member) => byId.get(member)).filter((one) => one !== undefined) : [];
    const next = below.reduce<Rule | undefined>(
      (deepest, one) => (deepest === undefined || depth(one, byId) > depth(deepest, byId) ? one : deepest),
      undefined,
    );
    if (next === undefined) return `correlations refer to each other deeper than ${MAX_CHAIN} levels: ${path.map(nameOf).join(' -> ')}`;
    const seen = path.indexOf(next);
    path.push(next);
    if (seen >= 0) return `correlations refer to each other in a circle: ${path.slice(seen).map(nameOf).join(' -> ')}`;
  }
}

function depth(rule: Rule | undefined, byId: ReadonlyMap<RuleId, Rule>, level = 0): number {
  if (rule?.kind !== 'correlation' || level > MAX_CHAIN) return level;
  return Math.max(...rule.members.map((member) => depth(byId.get(member), byId, level + 1)));
}

/** Members of a correlation do not alert alone, unless some correlation that uses them says `generate: true`. */
function mutedMembers(byId: ReadonlyMap<RuleId, Rule>): ReadonlySet<RuleId> {
  const kept = new Set<RuleId>();
  const muted = new Set<RuleId>();
  for (const rule of byId.values()) {
    // A quiet rule takes nobody's voice away.
    if (rule.kind === 'correlation' && rule.meta.alert?.mode === undefined)
      for (const member of rule.members) (rule.generate ? kept : muted).add(member);
  }
  return new Set([...muted].filter((id) => byId.has(id) && !kept.has(id)));
}

function logsourceOf(rule: Rule | undefined): Detection['logsource'] {
  return rule?.kind === 'detection' ? rule.logsource : undefined;
}
