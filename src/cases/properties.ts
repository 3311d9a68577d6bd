import type { Delivery } from './records.ts';
import { type How, LATENESS, type Outcome, type Trial } from './trial.ts';

export const PROPERTY_LEVELS = ['off', 'fast', 'full'] as const;
export type PropertyLevel = (typeof PROPERTY_LEVELS)[number];

/** A property that did not hold: which, and what came out otherwise. */
export type Broken = { readonly property: string; readonly detail: string };

type Variation = {
  readonly name: string;
  readonly deliveries: readonly Delivery[];
  readonly how?: How;
  /** `ids`: every transition is the same; `cells`: the same alerts in the same cells, whatever was known first. */
  readonly compare: 'ids' | 'cells';
};

/**
 * What must not change the alerts of a case: a restart after each record, records that come again after a crash, any
 * order of arrival within the lateness, any number of partitions. Throws nothing; tells what changed them.
 */
export function brokenProperties(
  trial: Trial,
  deliveries: readonly Delivery[],
  outcome: Outcome,
  level: PropertyLevel,
  seed: number,
): readonly Broken[] {
  if (level === 'off') return [];
  return variationsOf(deliveries, level, createRandom(seed)).flatMap(({ name, deliveries: varied, how, compare }) => {
    const other = trial.run(varied, how);
    const sign = compare === 'ids' ? idsOf : cellsOf;
    const [was, now] = [sign(outcome), sign(other)];
    const lost = [...was].filter((one) => !now.has(one));
    const more = [...now].filter((one) => !was.has(one));
    if (lost.length + more.length === 0) return [];
    return [{ property: name, detail: [...lost.map((one) => `lost ${one}`), ...more.map((one) => `made ${one}`)].slice(0, 4).join('; ') }];
  });
}

function variationsOf(deliveries: readonly Delivery[], level: PropertyLevel, random: () => number): readonly Variation[] {
  const full = level === 'full';
  const records = deliveries.filter(({ kind }) => kind === 'record').length;
  const crashes = full
    ? deliveries.map((_, n) => n).filter((n) => n % Math.ceil(deliveries.length / 16) === 0)
    : [Math.floor(random() * deliveries.length)];
  return [
    { name: 'a restart after each record', deliveries, how: { restart: true }, compare: 'ids' },
    ...(deliveries.length === 0 ? [] : crashes).map(
      (n): Variation => ({
        name: `records that come again after a crash at record ${n + 1}`,
        deliveries,
        how: { crashAt: n },
        compare: 'ids',
      }),
    ),
    ...Array.from(
      { length: records < 2 ? 0 : full ? 20 : 1 },
      (_, n): Variation => ({ name: `order of arrival ${n + 1}`, deliveries: shuffled(deliveries, random), compare: 'cells' }),
    ),
    ...(full && !hasTies(deliveries) ? [2, 7] : []).map(
      (n): Variation => ({ name: `${n} partitions`, deliveries: partitioned(deliveries, n, random), compare: 'cells' }),
    ),
  ];
}

const idsOf = ({ alerts }: Outcome): ReadonlySet<string> =>
  new Set([...alerts].map(([id, alert]) => `${String((alert['event'] as { action?: string }).action)} ${id}`));

const cellsOf = ({ firings }: Outcome): ReadonlySet<string> =>
  new Set(
    firings
      .filter(({ stage }) => stage === 'opened' || stage === 'continued')
      .map(({ rule, group, cell }) => `${rule} ${group.key} in the cell at ${cell}`),
  );

/** Any order in which no record comes later than the lateness allows; none passes a step of time. */
function shuffled(deliveries: readonly Delivery[], random: () => number): readonly Delivery[] {
  const out: Delivery[] = [];
  let run: { readonly delivery: Delivery; readonly arrival: number }[] = [];
  const flush = (): void => {
    out.push(...run.sort((a, b) => a.arrival - b.arrival).map(({ delivery }) => delivery));
    run = [];
  };
  for (const delivery of deliveries) {
    if (delivery.kind === 'record') run.push({ delivery, arrival: Number(delivery.time) + random() * Number(LATENESS) * 0.99 });
    else {
      flush();
      out.push(delivery);
    }
  }
  flush();
  return out;
}

/** Ties in time are decided by the place in the source, which is another one in other partitions. */
function hasTies(deliveries: readonly Delivery[]): boolean {
  const times = deliveries.flatMap((one) => (one.kind === 'record' ? [one.time] : []));
  return new Set(times).size < times.length || deliveries.some(({ kind }) => kind !== 'record');
}

function partitioned(deliveries: readonly Delivery[], count: number, random: () => number): readonly Delivery[] {
  const next = new Map<number, bigint>();
  return deliveries.map((delivery) => {
    if (delivery.kind !== 'record') return delivery;
    const partition = Math.floor(random() * count);
    const offset = next.get(partition) ?? 0n;
    next.set(partition, offset + 1n);
    return { ...delivery, record: { ...delivery.record, partition, offset } };
  });
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
