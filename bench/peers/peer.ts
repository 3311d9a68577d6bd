/** What a peer found and spent on some events. */
export type PeerResult = {
  /** CPU time per event, round by round. */
  readonly microseconds: readonly number[];
  readonly events: number;
  /** Ids of rules that it does not load. */
  readonly refused: ReadonlySet<string>;
  /** Matches as (rule id, event number); the event is -1 where a peer tells only how many. */
  readonly theirs: readonly (readonly [rule: string, event: number])[];
  readonly ours: readonly (readonly [rule: string, event: number])[];
};

export type Peer = {
  readonly name: string;
  /** Every n-th event of the corpus is enough. */
  readonly every: number;
  readonly present: () => boolean;
  /** The command that makes it present. */
  readonly build: string;
  readonly compare: (every: number, rounds: number) => PeerResult;
};

/** Rules that the two read differently, with how many matches each has; refused rules are listed apart. */
export function differencesOf({ theirs, ours, refused }: PeerResult): readonly { rule: string; theirs: number; ours: number }[] {
  const count = (list: PeerResult['ours'], rule: string): readonly string[] =>
    list.filter(([id]) => id === rule).map(([, event]) => String(event));
  const rules = new Set([...theirs, ...ours].map(([rule]) => rule));
  return [...rules]
    .filter((rule) => !refused.has(rule))
    .map((rule) => ({ rule, a: count(theirs, rule), b: count(ours, rule) }))
    .filter(({ a, b }) => a.length !== b.length || (!a.includes('-1') && a.join() !== b.join()))
    .map(({ rule, a, b }) => ({ rule, theirs: a.length, ours: b.length }))
    .sort((x, y) => Math.abs(y.theirs - y.ours) - Math.abs(x.theirs - x.ours));
}
