import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Census } from './census.ts';
import type { Decision, Group, Hit } from './firing.ts';

/** An instant at which a rule holds for a group. */
export type Trigger = {
  readonly time: Nanos;
  /** The window that was judged; both borders belong to it. */
  readonly start: Nanos;
  readonly end: Nanos;
  /** True: a source was silent in the window, so whether the rule holds is not known. Said aloud, never an alert by itself. */
  readonly undecided?: boolean;
  /** Why it is undecided, where that is not the silence of a source: there is too little of the past yet. */
  readonly learning?: true;
  /** Asked only when the trigger becomes a firing: what was compared, and the hits that made it true, in order. */
  explain(): Explanation;
};

export type Explanation = {
  readonly decision: readonly Decision[];
  readonly hits: readonly Hit[];
  /** How many matches were judged, where not all of them are kept as `hits`. */
  readonly count?: number;
};

/** How far time has come. */
export type Passage = {
  /** No match before this instant will come. */
  readonly watermark: Nanos;
  /** Every input has ended, and the newest event was of this time: whether anything came later nobody knows. */
  readonly ended?: Nanos;
  /** Counts a window that is left undecided because the inputs ended within it. */
  readonly cut?: () => void;
  /** True when some source that can feed the rule was silent, or lost records, within this interval. */
  silent(start: Nanos, end: Nanos): boolean;
  /** What was counted over all groups of the rule; there for kinds that ask for it. */
  readonly census?: Census;
  /** Counts what a group had to let go, or could not take, because its state is bounded. */
  readonly dropped?: (count: number, time: Nanos) => void;
  /** Counts what went into a sketch, because more was there than is told apart. */
  readonly estimated?: (count: number) => void;
  /** May sketches of the rule take so many bytes more? Left out: they may. */
  readonly room?: (bytes: number) => boolean;
};

/** What a kind is told about the rule it serves. */
export type Frame = {
  readonly members: readonly RuleId[];
  readonly timespan: Nanos;
  /** Keys the hashes of its sketches. */
  readonly logicDigest?: string;
};

/**
 * One kind of condition, bound to one rule. It is a pure function of the matches of a group: nothing is remembered
 * outside `own`, and the same matches give the same triggers whatever the order in which they came within the lateness.
 *
 * The engine keeps `hits`, the matches of the group in order of time and origin, from `reach` before the watermark
 * onward, and makes episodes, cells, alerts, checkpoints and expiry of what the kind gives. A kind never changes `hits`.
 */
export type Kind<Own = unknown> = {
  /** How far behind the watermark hits are kept for it; 0n: until the watermark has passed them. */
  readonly reach: Nanos;
  /**
   * False: a kind that more matches can only make true; it decides in `inserted` and takes late matches. True: it decides
   * in `passed`, once, and late matches are counted and left out.
   */
  readonly settled: boolean;
  /**
   * True: an alert is made of what its triggers tell, each once and in final order, and not of the hits that happen to be
   * kept when it is told: those are gone as soon as the watermark has passed them.
   */
  readonly ownEvidence?: boolean;
  /** How long after a trigger's time it may be decided, beyond the watermark; rules above wait as long. */
  readonly delay: Nanos;
  /** The most hits of a group that may be kept for it, where looking at more would cost too much. */
  readonly maxHits?: number;
  /** What is counted over all groups of the rule: members (hosts, users) by what they have in common. */
  readonly census?: { readonly span: Nanos; readonly of: (hit: Hit, group: Group) => Iterable<readonly [key: string, member: string]> };
  /** True: values of a match in which there is nothing to compare; it is counted and left out. Left out: any match will do. */
  lacks?(values: Hit['values']): boolean;
  /** State of a new group beside its hits: plain data (number, bigint, text, array, object, Map, Set); checkpoints hold it as it is. */
  initial(): Own;
  /** A match now stands at `hits[at]`, perhaps before others: the triggers among the windows that it can change. */
  inserted(hits: readonly Hit[], at: number, own: Own): Iterable<Trigger>;
  /** Time has passed: what no earlier match can change any more. Called again and again; a trigger is given once. */
  passed(hits: readonly Hit[], own: Own, passage: Passage): Iterable<Trigger>;
  /** The next instant at which `passed` has something to decide or to forget; undefined: none. */
  due(hits: readonly Hit[], own: Own): Nanos | undefined;
  /** Is something not decided yet? Left out: while the last hit's window is open, or `due` says something. */
  open?(hits: readonly Hit[], own: Own): boolean;
  /** Which hits may go when there are too many of them to keep, so that no trigger is lost; undefined: the oldest. */
  spare?(hits: readonly Hit[]): (hit: Hit, index: number) => boolean;
  /** Values that the match of a rule above carries beside what all hits agree on, for an episode that begins at `time`. */
  handsOn?(hits: readonly Hit[], time: Nanos): Readonly<Record<string, JsonValue>>;
  /** Where `own` is one instant: what a group at rest keeps of it. Left out: its groups never rest. */
  readonly rests?: Rests<Own>;
  /** Bytes of those sketches in `own` that it asks `room` for. */
  sketchBytes?(own: Own): number;
  /** About how many bytes `own` takes beside these, of what grows with the values that come; they count in the rule's budget. */
  ownBytes?(own: Own): number;
  /** True when `own` holds nothing worth keeping: without hits and episodes the group is then forgotten. */
  blank(own: Own): boolean;
};

/** A state that is one instant, and back. */
export type Rests<Own> = { of(own: Own): Nanos; from(instant: Nanos): Own };

/** Of kinds that only note how far they have decided. */
export const SETTLED: Rests<{ settled: Nanos }> = { of: ({ settled }) => settled, from: (settled) => ({ settled }) };

/** `room` where nobody counts. */
export const ROOMY = (): boolean => true;

export const NOTHING: readonly Trigger[] = [];
