import type { Case } from '../rule/cases/schema.ts';
import type { Ruleset } from '../rule/load.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { asWritten, fits, LISTS, type ListName, type Result, type Seen, seenIn, shown } from './seen.ts';
import type { Outcome } from './trial.ts';

/** What does not fit: something that was expected beside what comes nearest to it, something that was not, or another fault. */
export type Misfit =
  | { readonly kind: 'missing'; readonly list: ListName; readonly expected: JsonObject; readonly got: JsonObject | undefined }
  | { readonly kind: 'unexpected'; readonly list: ListName; readonly got: JsonObject }
  | { readonly kind: 'fault'; readonly message: string };

/** Everything that does not fit between what a case came to and what it expects; empty if all is well. */
export function misfits(result: Result, one: Case, ruleset: Pick<Ruleset, 'byId'>): readonly Misfit[] {
  const unread = result.deadLetters.map(
    ({ reason, detail }): Misfit => ({ kind: 'fault', message: `an event cannot be read: ${reason}: ${detail}` }),
  );
  const wrong = LISTS.flatMap((list) => {
    const expected = one[list];
    return expected === undefined
      ? []
      : misfitsOf(list, pairUp(expected as readonly JsonObject[], seenIn(list, result, one, ruleset), one));
  });
  return [...unread, ...wrong, ...undecidedMisfits(result.notes, one)];
}

/** What each expectation of a list has of what came out: what meets it, else the nearest of those that nothing else explains. */
export type Paired = {
  readonly pairs: readonly { readonly expected: JsonObject; readonly seen: Seen | undefined; readonly met: boolean }[];
  readonly rest: readonly Seen[];
};

export function pairUp(expected: readonly JsonObject[], seen: readonly Seen[], one: Case): Paired {
  const rest = [...seen];
  const met = expected.map((wanted) => {
    const at = rest.findIndex((other) => differences(other, wanted, one).length === 0);
    return at < 0 ? undefined : rest.splice(at, 1)[0];
  });
  const pairs = expected.map((wanted, n) => {
    const fitting = met[n];
    if (fitting !== undefined) return { expected: wanted, seen: fitting, met: true };
    const [nearest] = rest
      .map((other) => ({ other, wrong: differences(other, wanted, one) }))
      .sort((a, b) => a.wrong.length - b.wrong.length);
    if (nearest !== undefined) rest.splice(rest.indexOf(nearest.other), 1);
    return { expected: wanted, seen: nearest?.other, met: false };
  });
  return { pairs, rest };
}

function misfitsOf(list: ListName, { pairs, rest }: Paired): readonly Misfit[] {
  return [
    ...pairs
      .filter(({ met }) => !met)
      .map(({ expected, seen }): Misfit => ({ kind: 'missing', list, expected, got: seen && shown(seen, Object.keys(expected)) })),
    ...rest.map((seen): Misfit => ({ kind: 'unexpected', list, got: shown(seen, seen.told) })),
  ];
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

/** Names of what was seen otherwise than it was expected. */
const differences = ({ field }: Seen, expected: JsonObject, one: Case): readonly string[] =>
  Object.entries(expected)
    .filter(([name, value]) => value !== undefined && !fits(field(name), asWritten(name, value as JsonValue, one)))
    .map(([name]) => name);
