import {
  type CorrelateRecord,
  type Correlator,
  createCorrelator,
  DEFAULT_CORRELATE_OPTIONS,
  restoreCorrelator,
} from '../../src/correlate/correlator.ts';
import type { Firing } from '../../src/correlate/firing.ts';
import type { Match } from '../../src/detect/match.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import type { JsonValue } from '../../src/shared/json.ts';

export const SECOND = 1_000_000_000n;

/** A match of a rule at a second, with flat fields; `n` is its offset in the source `test`. */
export function aMatch(rule: string, seconds: number, fields: Record<string, JsonValue>, n: number): Match {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n;
  return {
    rule,
    origin: { source: 'test', partition: 0, offset: BigInt(n), index: 0 },
    time,
    appendedAt: Math.round(seconds * 1000),
    lateness: 'in_time',
    fields,
    ecs: {},
  };
}

export const asRecord = (match: Match): CorrelateRecord => ({ kind: 'match', match });
export const watermarkAt = (time: bigint): CorrelateRecord => ({
  kind: 'watermark',
  source: 'test',
  partition: 0,
  time,
  appendedAt: 0,
  idle: false,
});

/** The end of inputs that are these records. */
export function endOf(records: readonly CorrelateRecord[]): CorrelateRecord {
  const times = records.flatMap((record): readonly bigint[] => {
    if (record.kind === 'match') return [record.match.time];
    if (record.kind === 'routed') return [record.routed.hit.time];
    return record.kind === 'watermark' ? [record.newest ?? record.time].flatMap((time) => time ?? []) : [];
  });
  return {
    kind: 'end',
    newest: times.reduce<bigint | undefined>((most, time) => (most === undefined || time > most ? time : most), undefined),
  };
}

/** Applies records in order, ends the stream, returns every firing. */
export function firingsOf(
  ruleset: Ruleset,
  records: readonly CorrelateRecord[],
  options: { readonly restartEvery?: number } = {},
): readonly Firing[] {
  let correlator: Correlator = createCorrelator(ruleset);
  const out: Firing[] = [];
  records.forEach((record, i) => {
    out.push(...correlator.apply(record));
    if (options.restartEvery !== undefined && i % options.restartEvery === 0)
      correlator = restoreCorrelator(ruleset, DEFAULT_CORRELATE_OPTIONS, correlator.snapshot());
  });
  return [...out, ...correlator.apply(endOf(records))];
}

/** Names a firing by what its id is made of. */
export const nameOf = ({ rule, group, cell, stage }: Firing): string => `${rule} ${group.key} ${cell} ${stage}`;

/** Everything an alert is made of: what must not depend on when time was told. */
export const contentOf = (firing: Firing): object => ({
  name: nameOf(firing),
  at: [firing.time, firing.opening, firing.window.start, firing.window.end].map(String),
  counts: [firing.count, firing.total],
  decision: firing.decision,
  hits: firing.hits.map(({ origin }) => String(origin.offset)),
});
