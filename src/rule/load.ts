import { sha256Hex } from '../shared/digest.ts';
import { SEMANTICS_VERSION } from './digest.ts';
import { isList, isMap, type SourceDocument } from './document.ts';
import type { ExceptionDraft } from './exception/index.ts';
import { resolveException } from './exception/resolve.ts';
import type { Draft, LoadContext, References } from './front-end.ts';
import { frontEnds } from './front-ends.ts';
import type { ContextTables } from './ir/context.ts';
import type { Exception } from './ir/exception.ts';
import type { Correlation, Detection, Rule, RuleId } from './ir/rule.ts';
import { isContextLines } from './ndjson.ts';
import { readContexts } from './policy/context.ts';
import { compareProblems, type Problem, type ProblemReporter } from './problem.ts';
import { checkFilter } from './sigma/filter.ts';
import { type GovernedFilter, governedFilter } from './sigma/filter-governance.ts';
import { type RuleFile, readDocuments } from './yaml.ts';

type ReadDocuments = ReturnType<typeof readDocuments>;

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

/** What one file alone says: its rules as far as they are known without the others, and its problems. */
export type FileRules = {
  readonly path: string;
  readonly drafts: readonly Draft[];
  readonly shared: readonly { readonly kind: string; readonly document: SourceDocument }[];
  readonly exceptions: readonly ExceptionDraft[];
  readonly problems: readonly Problem[];
  /** Ids and names of documents that were left out because of their errors. */
  readonly broken: readonly string[];
};

/**
 * Reads all files, resolves references across them, compiles. Every problem of every file is reported, sorted by place; a
 * document with an error is left out, the others are rules. Pure and never throws.
 */
export function loadRules(files: readonly RuleFile[], options: Partial<LoadContext> = {}): Loaded {
  const context: LoadContext = { ...options, placeholders: options.placeholders ?? {} };
  return assemble(files.map((file) => readFileRules(file, context)));
}

/** The first pass over one file; what it gives depends on nothing else, so it is kept while the file does not change. */
export function readFileRules(file: RuleFile, context: LoadContext): FileRules {
  return compileDocuments(file.path, readDocuments(file), context);
}

/** The same from what its YAML or JSON already became. */
export function compileDocuments(path: string, { documents, problems: unread }: ReadDocuments, context: LoadContext): FileRules {
  const problems = [...unread];
  const drafts: Draft[] = [];
  const shared: { kind: string; document: SourceDocument }[] = [];
  const exceptions: ExceptionDraft[] = [];
  const broken: string[] = [];
  for (const document of documents) {
    const sound = readOne(document, context, problems, { drafts, shared, exceptions });
    if (!sound && isMap(document.value))
      broken.push(...[document.value['id'], document.value['name']].filter((name) => typeof name === 'string'));
  }
  // An emptied file would else take its rules away without a word.
  if (problems.length === 0 && !isContextLines(path) && documents.every(({ value }) => value === null)) {
    const place = { file: path, line: 1, column: 1 };
    const message = 'the file holds no rule; write one, or remove the file';
    problems.push({ place, severity: 'error', code: 'rule/empty', path: [], message });
  }
  return { path, drafts, shared, exceptions, problems, broken };
}

/** The second pass over what all files said: names, references, filters, circles. */
export function assemble(files: readonly FileRules[]): Loaded {
  // Thousands of files, of which one changed: this is asked of all of them while the engine runs.
  const problems: Problem[] = [];
  const drafts: Draft[] = [];
  const broken = new Set<string>();
  const allShared: FileRules['shared'][number][] = [];
  for (const file of files) {
    for (const draft of file.drafts) drafts.push(draft);
    for (const problem of file.problems) problems.push(problem);
    for (const one of file.shared) allShared.push(one);
    for (const name of file.broken) broken.add(name);
  }
  const shared = Map.groupBy(allShared, ({ kind }) => kind);
  const sharedOf = (kind: string): readonly SourceDocument[] => (shared.get(kind) ?? []).map(({ document }) => document);
  const references = createReferences(nameAll(drafts, problems), sharedOf, broken);
  const rules = finishAll(drafts, references, problems);
  const byId = new Map<RuleId, Rule>();
  for (const rule of rules) byId.set(rule.id, rule);
  for (const document of sharedOf('filter')) {
    checkFilter(document, references, (id) => logsourceOf(byId.get(id)), reporter(document, problems));
  }
  dropDangling(byId, drafts, problems);
  muteMembers(byId);
  const exceptions = resolveExceptions(
    files.flatMap((file) => file.exceptions),
    references,
    byId,
    problems,
  );
  const all = [...byId.values()];
  const contexts = readContexts(sharedOf('Context'));
  const digested = [
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
    digest: sha256Hex([`semantics ${SEMANTICS_VERSION}`, ...digested].join('\n')),
  };
  return { ruleset, problems: problems.sort(compareProblems), filters: sharedOf('filter').map(governedFilter) };
}

/** What a rule adds to the digest of its ruleset; most rules are the same objects as before a change of some file. */
const lines = new WeakMap<Rule, string>();

function lineOf(rule: Rule): string {
  let line = lines.get(rule);
  if (line === undefined) lines.set(rule, (line = `${JSON.stringify(rule.id)} ${rule.logicDigest}`));
  return line;
}

/** Reports with the place that a path has in the document; `failed()` tells whether an error was among it. */
export function reporter(document: SourceDocument, problems: Problem[]): ProblemReporter & { failed(): boolean } {
  let errors = 0;
  const add = (
    severity: Problem['severity'],
    path: Problem['path'],
    code: string,
    message: string,
    at?: number,
    what?: 'key' | 'value',
  ): void => {
    if (severity === 'error') errors++;
    problems.push({ place: document.placeOf(path, what, at), severity, code, path, message });
  };
  return {
    error: (...rest) => add('error', ...rest),
    warn: (...rest) => add('warn', ...rest),
    failed: () => errors > 0,
  };
}

/** False: the document has errors and is left out. */
function readOne(
  document: SourceDocument,
  context: LoadContext,
  problems: Problem[],
  into: { readonly drafts: Draft[]; readonly shared: { kind: string; document: SourceDocument }[]; readonly exceptions: ExceptionDraft[] },
): boolean {
  // `---` at the end of a file opens a document that says nothing.
  if (document.value === null) return true;
  const report = reporter(document, problems);
  const frontEnd = frontEnds.find(({ recognizes }) => recognizes(document.value));
  if (frontEnd === undefined) {
    report.error(
      [],
      'rule/unknown-kind',
      isList(document.value)
        ? 'a list is no rule; write one rule in a file, or several YAML documents with --- between them'
        : 'this is no rule: neither detection nor correlation, anomaly, filter, conditions or policy',
    );
    return false;
  }
  const read = frontEnd.read(document, report, context);
  if (report.failed()) return false;
  if ('shares' in read) into.shared.push({ kind: read.shares, document });
  else if ('exceptions' in read) into.exceptions.push(...read.exceptions);
  else into.drafts.push(...read);
  return true;
}

/** The draft of every id and name; a repeated one is an error at both places. */
function nameAll(drafts: Draft[], problems: Problem[]): ReadonlyMap<string, Draft> {
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
  const out: Rule[] = [];
  let document: SourceDocument | undefined;
  let errors = 0;
  // One reporter for all: most drafts have nothing to tell.
  const tell =
    (severity: Problem['severity']): ProblemReporter['error'] =>
    (...rest) => {
      const report = reporter(document as SourceDocument, problems);
      if (severity === 'error') errors++;
      report[severity](...rest);
    };
  const report: ProblemReporter = { error: tell('error'), warn: tell('warn') };
  for (const draft of drafts) {
    document = draft.document;
    errors = 0;
    const rules = draft.finish(references, report);
    if (errors === 0) for (const rule of rules) out.push(rule);
  }
  return out;
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
function muteMembers(byId: Map<RuleId, Rule>): void {
  const kept = new Set<RuleId>();
  const muted = new Set<RuleId>();
  for (const rule of byId.values()) {
    // A quiet rule takes nobody's voice away.
    if (rule.kind === 'correlation' && rule.meta.alert?.mode === undefined)
      for (const member of rule.members) (rule.generate ? kept : muted).add(member);
  }
  for (const id of muted) {
    const rule = byId.get(id);
    if (rule !== undefined && !kept.has(id)) byId.set(id, { ...rule, alerts: false });
  }
}

function logsourceOf(rule: Rule | undefined): Detection['logsource'] {
  return rule?.kind === 'detection' ? rule.logsource : undefined;
}
