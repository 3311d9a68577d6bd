import type { Held } from '../detect/exceptions.ts';
import type { Step } from '../detect/match.ts';
import type { Origin } from '../event/raw-record.ts';
import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';

/** One match as a group keeps it: enough to decide, to prove and to describe, and no more. */
export type Hit = {
  readonly time: Nanos;
  readonly origin: Origin;
  readonly rule: RuleId;
  readonly appendedAt: number;
  /** Values of the fields that conditions read. */
  readonly values: Readonly<Record<string, JsonValue>>;
  /** Flat ECS fields that say who and where; equal ones of all hits describe the alert. */
  readonly entities: Readonly<Record<string, JsonValue>>;
  /** What keeping it costs, about. */
  readonly bytes: number;
  /** Exceptions that hold for the match and do not hide it. */
  readonly exceptions?: readonly Held[];
  /** Why the match holds, for the alert that it opens alone. */
  readonly trail?: readonly Step[];
};

/** Ties in time are decided by where the events stand in their sources. */
export function compareHits(a: Hit, b: Hit): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  return compareOrigins(a.origin, b.origin) || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0);
}

/** Hits of the same event, perhaps of different rules. */
export const isSameEvent = (a: Hit, b: Hit): boolean => a.time === b.time && compareOrigins(a.origin, b.origin) === 0;

/** The event of one stands before that of the other, by time and then by origin. */
export const isEarlierEvent = (a: Hit, b: Hit): boolean => a.time < b.time || (a.time === b.time && compareOrigins(a.origin, b.origin) < 0);

function compareOrigins(a: Origin, b: Origin): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  if (a.partition !== b.partition) return a.partition - b.partition;
  if (a.offset !== b.offset) return a.offset < b.offset ? -1 : 1;
  return a.index - b.index;
}

/** One value of a condition beside what it was compared with. */
export type Decision = Step;

export type Group = { readonly key: string; readonly values: Readonly<Record<string, JsonValue>> };

/** `opened` begins an episode, `continued` is its first trigger in a later cell, `merged` joins two, `closed` ends it. */
export type Stage = 'opened' | 'continued' | 'merged' | 'closed';

/** A stateful rule held for a group: a pure function of the matches, the same for every order of arrival. */
export type Firing = {
  readonly rule: RuleId;
  readonly stage: Stage;
  readonly group: Group;
  /** Start of the cell this firing stands for; with rule and group it names the firing. */
  readonly cell: Nanos;
  /** Start of the cell that opened the episode; names the alert. */
  readonly opening: Nanos;
  readonly time: Nanos;
  readonly window: { readonly start: Nanos; readonly end: Nanos };
  /** Matches in the window, and in the episode so far. */
  readonly count: number;
  readonly total: number;
  readonly decision: readonly Decision[];
  /** The hits that made the condition true, in order. */
  readonly hits: readonly Hit[];
};

const STAGES: readonly Stage[] = ['opened', 'continued', 'merged', 'closed'];

/** One order of what one record gives, whatever the order in which groups were looked at. */
export function compareFirings(a: Firing, b: Firing): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.rule !== b.rule) return a.rule < b.rule ? -1 : 1;
  if (a.group.key !== b.group.key) return a.group.key < b.group.key ? -1 : 1;
  return STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.cell < b.cell ? -1 : a.cell > b.cell ? 1 : 0);
}
