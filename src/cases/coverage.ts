import { stepOf } from '../detect/explain.ts';
import { createMatchBuffer, createMatcher } from '../detect/matcher.ts';
import { createPolicyJudge } from '../detect/policy/confirm.ts';
import { isPolicy } from '../detect/policy/judge.ts';
import type { Event } from '../event/event.ts';
import { isMap, type SourceDocument } from '../rule/document.ts';
import type { LoadContext } from '../rule/front-end.ts';
import type { Expr, Predicate } from '../rule/ir/expr.ts';
import type { Detection, RuleId } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import type { ProblemReporter } from '../rule/problem.ts';
import { compileSelection } from '../rule/sigma/selection.ts';
import type { Outcome } from './trial.ts';

/** A part of a rule that no case made true. */
export type Unexercised = { readonly rule: RuleId; readonly part: string };

/** Gathers over cases which selections, conditions, entries and correlations held at least once. */
export type CaseCoverage = {
  take(ruleset: Ruleset, documents: readonly SourceDocument[], events: readonly Event[], outcome: Outcome): void;
  unexercised(): readonly Unexercised[];
  /** Parts in all. */
  parts(): number;
};

const MUTE: ProblemReporter = { error: () => undefined, warn: () => undefined };

export function createCaseCoverage(load: LoadContext): CaseCoverage {
  const seen = new Map<string, { readonly rule: RuleId; readonly part: string; held: boolean }>();
  const note = (rule: RuleId, part: string, held: boolean): void => {
    const key = JSON.stringify([rule, part]);
    const known = seen.get(key) ?? { rule, part, held: false };
    known.held ||= held;
    seen.set(key, known);
  };
  return {
    take(ruleset, documents, events, outcome) {
      for (const document of documents) {
        for (const detection of ruleset.detections.filter(({ meta }) => samePlace(meta.place, document))) {
          const parts = partsOf(detection, document, load);
          const held = heldBy(
            parts.map(({ expr }) => ({ ...detection, expr })),
            events,
          );
          for (const [i, { name }] of parts.entries()) note(detection.meta.name ?? detection.id, name, held.has(i));
        }
        for (const { id, meta, alerts } of ruleset.correlations)
          if (alerts && samePlace(meta.place, document))
            note(
              id,
              'the condition',
              outcome.firings.some(({ rule }) => rule === id),
            );
      }
      entries(ruleset, events, documents, note);
    },
    unexercised: () => [...seen.values()].filter(({ held }) => !held).map(({ rule, part }) => ({ rule, part })),
    parts: () => seen.size,
  };
}

const samePlace = (place: { readonly file: string; readonly line: number }, document: SourceDocument): boolean => {
  const own = document.placeOf([]);
  return own.file === place.file && own.line === place.line;
};

/** Selections of a Sigma rule by their names; questions of a json rule. */
function partsOf(
  detection: Detection,
  document: SourceDocument,
  load: LoadContext,
): readonly { readonly name: string; readonly expr: Expr }[] {
  if (detection.policy !== undefined) return [];
  const map = isMap(document.value) ? document.value['detection'] : undefined;
  if (isMap(map))
    return Object.entries(map).flatMap(([name, value]) => {
      if (name === 'condition' || name === 'timeframe') return [];
      const expr = compileSelection(value, ['detection', name], { document, report: MUTE, load });
      return expr === undefined ? [] : [{ name, expr }];
    });
  if (detection.language !== 'json-rules') return [];
  return leaves(detection.expr).map((expr) => {
    const { condition, expected } = stepOf(expr, true, undefined);
    return { name: `${condition} ${JSON.stringify(expected)}`, expr };
  });
}

const leaves = (expr: Expr): readonly Predicate[] =>
  expr.op === 'and' || expr.op === 'or'
    ? expr.of.flatMap(leaves)
    : expr.op === 'not'
      ? leaves(expr.of)
      : expr.op === 'constant'
        ? []
        : [expr];

/** Which of these hold for some event, through the product's own matcher. */
function heldBy(detections: readonly Detection[], events: readonly Event[]): ReadonlySet<number> {
  const matcher = createMatcher(detections);
  const found = createMatchBuffer();
  const held = new Set<number>();
  for (const event of events) {
    found.count = 0;
    matcher.match(event, found);
    for (const index of found.rules.subarray(0, found.count)) held.add(index);
  }
  return held;
}

/** Entries of policies that decided an access of some case. */
function entries(
  ruleset: Ruleset,
  events: readonly Event[],
  documents: readonly SourceDocument[],
  note: (rule: RuleId, part: string, held: boolean) => void,
): void {
  const policies = ruleset.detections.filter(isPolicy).filter(({ meta }) => documents.some((document) => samePlace(meta.place, document)));
  if (policies.length === 0) return;
  const judge = createPolicyJudge(ruleset);
  const verdicts = events.flatMap((event) => judge.judge(event) ?? []);
  for (const { id, policy } of policies)
    for (const kind of ['allow', 'forbid'] as const)
      for (const { id: entry } of policy[kind])
        note(
          id,
          `${kind} ${entry}`,
          verdicts.some((verdict) => verdict[kind].some((one) => one.policy === id && one.entry === entry && one.answer === true)),
        );
}
