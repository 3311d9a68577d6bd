// What `rare` misses and invents in groups with more values in a pane than it counts by their text:
// `node bench/rare-counts.ts`. Three ways to go on beyond 1,000: not to count them, a count-min of 16 kB per pane (four rows
// of 4,096 bytes), and the table of fingerprints of 16 kB that the rule has. The truth is a count of all matches.
import { dice } from '../scripts/dice.ts';
import { rare } from '../src/correlate/conditions/rare.ts';
import type { Hit } from '../src/correlate/firing.ts';
import { hashKeyOf, hashOf } from '../src/correlate/sketches/keyed-hash.ts';

const [PANES, LEARNED, TAKEN, ROWS, WIDTH] = [42, 26, 1000, 4, 4096];
const NANOS = 3600_000_000_000n;
const CONDITION = { kind: 'rare', fields: ['v'], share: 0.01, minEvents: 100, maxCount: 3 } as const;
const key = hashKeyOf('rare');

const roll = dice(7);
let singles = 0;
const even = (count: number) => () => `v${Math.floor(roll() * count)}`;
const mixed = (share: number, usual: () => string) => () => (roll() < share ? `once ${singles++}` : usual());
function zipf(count: number): () => string {
  const sums = new Float64Array(count);
  for (let i = 0, sum = 0; i < count; i++) sums[i] = sum += 1 / (i + 1);
  return () => {
    const at = roll() * (sums.at(-1) as number);
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return `v${low}`;
  };
}

type Pane = { readonly all: Map<string, number>; readonly text: Map<string, number>; readonly rows: Uint8Array };
type Match = { readonly pane: number; readonly value: string };

/** Matches that are rare by a count of all, and those that a count-min would say. */
function counted(matches: readonly Match[]): { readonly truth: Set<number>; readonly countMin: Set<number> } {
  const panes = new Map<number, Pane>();
  const [truth, countMin] = [new Set<number>(), new Set<number>()];
  matches.forEach(({ pane: number, value }, i) => {
    const pane = panes.get(number) ?? { all: new Map(), text: new Map(), rows: new Uint8Array(ROWS * WIDTH) };
    panes.set(number, pane);
    const hash = hashOf(value, key);
    const cells = Array.from({ length: ROWS }, (_, row) => row * WIDTH + (Math.floor(hash / WIDTH ** row) % WIDTH));
    pane.all.set(value, (pane.all.get(value) ?? 0) + 1);
    if (pane.text.has(value) || pane.text.size < TAKEN) pane.text.set(value, (pane.text.get(value) ?? 0) + 1);
    else for (const cell of cells) pane.rows[cell] = Math.min(255, (pane.rows[cell] as number) + 1);
    let [exact, most] = [0, 0];
    for (let n = number - 24; n <= number; n++) {
      const one = panes.get(n);
      if (one === undefined) continue;
      exact += one.all.get(value) ?? 0;
      most += (one.text.get(value) ?? 0) + Math.min(...cells.map((cell) => one.rows[cell] as number));
    }
    if (exact <= CONDITION.maxCount) truth.add(i);
    if (most <= CONDITION.maxCount) countMin.add(i);
  });
  return { truth, countMin };
}

/** Those that the rule fires at. */
function fired(matches: readonly Match[], room: boolean): Set<number> {
  const kind = rare(CONDITION, { members: ['a'], timespan: 24n * NANOS, logicDigest: 'rare' });
  const own = kind.initial();
  const out = new Set<number>();
  matches.forEach(({ pane, value }, i) => {
    const time = BigInt(pane) * NANOS + BigInt(i);
    const origin = { source: 's', partition: 0, offset: BigInt(i), index: 0 };
    const hit: Hit = { time, origin, rule: 'a', appendedAt: 0, values: { v: value }, entities: {}, bytes: 0 };
    for (const { undecided } of kind.passed([hit], own, { watermark: time + 1n, silent: () => false, room: () => room }))
      if (!undecided) out.add(i);
  });
  return out;
}

const GROUPS: readonly (readonly [string, number, () => string])[] = [
  ['1,500 usual values', 6000, mixed(0.005, even(1500))],
  ['2,500 usual values', 10_000, mixed(0.005, even(2500))],
  ['4,000 usual values', 12_000, mixed(0.005, even(4000))],
  ['8,000 usual values', 24_000, mixed(0.005, even(8000))],
  ['20,000 values by Zipf', 10_000, zipf(20_000)],
  ['500, and a flood of 2,000', 6000, mixed(0.33, even(500))],
  ['500, and a flood of 10,000', 16_000, mixed(0.66, even(500))],
];

for (const [name, perPane, draw] of GROUPS) {
  const matches = Array.from({ length: PANES * perPane }, (_, i): Match => ({ pane: Math.floor(i / perPane), value: draw() }));
  const { truth, countMin } = counted(matches);
  const judged = (i: number): boolean => i >= LEARNED * perPane;
  const rareOnes = [...truth].filter(judged);
  const figures = { 'not counted': fired(matches, false), 'count-min': countMin, fingerprints: fired(matches, true) };
  const texts = Object.entries(figures).map(([way, found]) => {
    const missed = rareOnes.filter((i) => !found.has(i)).length;
    const invented = [...found].filter((i) => judged(i) && !truth.has(i)).length;
    return `${way}: ${((100 * missed) / rareOnes.length).toFixed(1)} % missed, ${invented} invented`;
  });
  console.log(`${name} per pane, ${rareOnes.length} rare matches; ${texts.join('; ')}`);
}
