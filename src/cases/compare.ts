import { parseIsoTime } from '../event/time.ts';
import { offsetOf, startOf } from '../rule/cases/offset.ts';
import type { Case, Expected } from '../rule/cases/schema.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { durationText } from '../shared/duration.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { at as nested } from '../shared/nested.ts';
import type { Outcome } from './trial.ts';

/** What does not fit: an alert that was expected beside the one that comes nearest to it, one that was not, or another fault. */
export type Misfit =
  | { readonly kind: 'missing'; readonly expected: JsonObject; readonly got: JsonObject | undefined }
  | { readonly kind: 'unexpected'; readonly got: JsonObject }
  | { readonly kind: 'fault'; readonly message: string };

/** Everything that does not fit between what a case came to and what it expects; empty if all is well. */
export function misfits({ alerts, notes, deadLetters }: Outcome, one: Case): readonly Misfit[] {
  const all = [...alerts.values()];
  const rest = all
    .filter((alert) => nested(alert, 'wardline.alert.stage') === 'opened')
    .map((alert) => ({ alert, stages: stagesOf(alert, all) }));
  const unmet = one.expect.filter((expected) => {
    const at = rest.findIndex((opened) => differences(opened, expected, one).length === 0);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  const found: Misfit[] = deadLetters.map(({ reason, detail }) => ({
    kind: 'fault',
    message: `an event cannot be read: ${reason}: ${detail}`,
  }));
  for (const expected of unmet) {
    // The nearest of those that nothing else explains is shown beside it.
    const [nearest] = rest
      .map((opened) => ({ opened, wrong: differences(opened, expected, one) }))
      .sort((a, b) => a.wrong.length - b.wrong.length);
    if (nearest !== undefined) rest.splice(rest.indexOf(nearest.opened), 1);
    found.push({ kind: 'missing', expected: expected as JsonObject, got: nearest && shown(nearest.opened, Object.keys(expected), one) });
  }
  for (const opened of rest)
    found.push({ kind: 'unexpected', got: shown(opened, ['rule.id', 'at', 'severity', 'group', 'count', 'wardline.alert.decision'], one) });
  return [...found, ...undecidedMisfits(notes, one)];
}

function undecidedMisfits(notes: Outcome['notes'], { undecided }: Case): readonly Misfit[] {
  if (undecided === undefined) return [];
  const rest = notes.flatMap((note) => (note.kind === 'undecided' ? [canonicalJson(note.group.values as JsonObject)] : []));
  const groups = new Set(rest);
  const wanted = undecided.map((group) => canonicalJson(group));
  return [
    ...wanted
      .filter((group) => !groups.has(group))
      .map((group): Misfit => ({ kind: 'fault', message: `expected to be undecided for ${group}` })),
    ...[...groups]
      .filter((group) => !wanted.includes(group))
      .map((group): Misfit => ({ kind: 'fault', message: `is undecided for ${group}` })),
  ];
}

type Opened = { readonly alert: JsonObject; readonly stages: readonly string[] };

function stagesOf(alert: JsonObject, all: readonly JsonObject[]): readonly string[] {
  const id = nested(alert, 'wardline.alert.id');
  return all.filter((other) => nested(other, 'wardline.alert.id') === id).map((other) => String(nested(other, 'wardline.alert.stage')));
}

/** Names of what an alert has otherwise than it was expected. */
const differences = (opened: Opened, expected: Expected, one: Case): readonly string[] =>
  Object.entries(expected)
    .filter(([name, value]) => value !== undefined && !fits(fieldOf(opened, name, one), asWritten(name, value as JsonValue)))
    .map(([name]) => name);

const OWN = new Set(['kind', 'severity', 'count', 'group']);

/** What an alert has for a name of an expectation; `at` as an offset from the start. */
function fieldOf({ alert, stages }: Opened, name: string, one: Case): JsonValue | undefined {
  if (name === 'at') return offsetText((parseIsoTime(String(alert['@timestamp']))?.time ?? 0n) - startOf(one));
  return name === 'stages' ? [...stages] : nested(alert, OWN.has(name) ? `wardline.alert.${name}` : name);
}

/** `90s` and `1m30s` are one time. */
const asWritten = (name: string, value: JsonValue): JsonValue => (name === 'at' ? offsetText(offsetOf(String(value))) : value);
const offsetText = (nanos: bigint): string => (nanos < 0n ? `-${durationText(-nanos)}` : durationText(nanos));

/** A list has the value, or is it. */
function fits(got: JsonValue | undefined, value: JsonValue): boolean {
  if (got === undefined) return false;
  const text = canonicalJson(value);
  return canonicalJson(got) === text || (Array.isArray(got) && got.some((item) => canonicalJson(item as JsonValue) === text));
}

function shown(opened: Opened, names: readonly string[], one: Case): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = fieldOf(opened, name, one);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
