import { parseIsoTime } from '../event/time.ts';
import { momentOf, startOf } from '../rule/cases/offset.ts';
import type { Case } from '../rule/cases/schema.ts';
import type { Ruleset } from '../rule/load.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { durationText } from '../shared/duration.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { at as nested } from '../shared/nested.ts';
import type { Judged, Outcome } from './trial.ts';

/** What a list of a case can hold: alerts, matches of detections, verdicts of policies. */
export const LISTS = ['expect', 'matches', 'verdicts'] as const;
export type ListName = (typeof LISTS)[number];

/** One thing that came out, by the names that a case calls its parts. */
export type Seen = {
  readonly field: (name: string) => JsonValue | undefined;
  /** What is told of it where nothing was expected. */
  readonly told: readonly string[];
  /** What is written of it as an expectation. */
  readonly written: readonly string[];
};

/** What a case came to; verdicts where it has some. */
export type Result = Outcome & { readonly verdicts?: readonly Judged[] };

/** Everything that came out, list by list, in the order in which it did. */
export function seenIn(list: ListName, result: Result, one: Case, { byId }: Pick<Ruleset, 'byId'>): readonly Seen[] {
  if (list === 'verdicts') return (result.verdicts ?? []).map((judged) => seenVerdict(judged, one));
  if (list === 'matches')
    return result.matches
      .filter(({ rule }) => byId.get(rule)?.kind === 'detection')
      .map((match) => seenMatch(match, byId.get(match.rule)?.meta.name, one));
  const all = [...result.alerts.values()];
  return all.filter((alert) => nested(alert, 'wardline.alert.stage') === 'opened').map((alert) => seenAlert(alert, all, one));
}

const OWN = new Set(['kind', 'severity', 'count', 'group']);

/** An alert; `stages` are those of all its transitions. */
function seenAlert(alert: JsonObject, all: readonly JsonObject[], one: Case): Seen {
  const id = nested(alert, 'wardline.alert.id');
  const stages = all
    .filter((other) => nested(other, 'wardline.alert.id') === id)
    .map((other) => String(nested(other, 'wardline.alert.stage')));
  return {
    told: ['rule.id', 'at', 'severity', 'group', 'count', 'wardline.alert.decision'],
    written: ['at', 'kind', 'severity', ...(nested(alert, 'wardline.alert.kind') === 'match' ? [] : ['group', 'count'])],
    field(name) {
      if (name === 'at') return offsetText((parseIsoTime(String(alert['@timestamp']))?.time ?? 0n) - startOf(one));
      return name === 'stages' ? stages : nested(alert, OWN.has(name) ? `wardline.alert.${name}` : name);
    },
  };
}

const seenMatch = ({ rule, time, ecs }: Outcome['matches'][number], name: string | undefined, one: Case): Seen => ({
  told: ['rule', 'at'],
  written: ['at', 'rule'],
  field: (asked) => (asked === 'at' ? offsetText(time - startOf(one)) : asked === 'rule' ? named(rule, name) : nested(ecs, asked)),
});

/** A rule is expected by its id or by its name: a list has the value. */
const named = (id: string, name: string | undefined): JsonValue => (name === undefined ? id : [id, name]);

function seenVerdict({ time, verdict, outcome }: Judged, one: Case): Seen {
  const parts: Readonly<Record<string, JsonValue | undefined>> = {
    at: offsetText(time - startOf(one)),
    policy: verdict.policy,
    verdict: verdict.verdict,
    outcome,
    entry: verdict.entry,
    forbidden_by: verdict.forbiddenBy,
    detector: verdict.detector,
  };
  return {
    told: Object.keys(parts),
    written: ['at', 'policy', 'verdict', 'outcome', 'entry', 'forbidden_by'],
    field: (name) => parts[name],
  };
}

/** `90s` and `1m30s` are one time, and so is the instant. */
export const asWritten = (name: string, value: JsonValue, one: Case): JsonValue =>
  name === 'at' ? offsetText(momentOf(String(value), one) - startOf(one)) : value;
const offsetText = (nanos: bigint): string =>
  nanos < 0n ? `-${durationText(-nanos)}` : nanos % 1_000_000_000n === 0n ? durationText(nanos) : millis(nanos);
/** Times of parts of a second as they are written in cases, where they are whole milliseconds. */
const millis = (nanos: bigint): string => (nanos % 1_000_000n === 0n ? `${nanos / 1_000_000n}ms` : durationText(nanos));

/** A list has the value, or is it. */
export function fits(got: JsonValue | undefined, value: JsonValue): boolean {
  if (got === undefined) return false;
  const text = canonicalJson(value);
  return canonicalJson(got) === text || (Array.isArray(got) && got.some((item) => canonicalJson(item as JsonValue) === text));
}

export function shown({ field }: Seen, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = field(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
