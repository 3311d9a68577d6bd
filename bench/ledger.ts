import { createLedger } from '../src/evidence/ledger.ts';
import { createTally } from '../src/evidence/tally.ts';

/**
 * Cost of the evidence ledger per event: `node bench/ledger.ts`. Batches of 500 records, one event each, a seal every
 * 100,000 records as the engine does. Compared with a loop that only walks the same records, so that the making of the
 * records is not counted. Prints nanoseconds per event; what the whole pipeline takes per event is in bench/run.ts.
 */
const BATCH = 500;
const BATCHES = 4000;
const START = Date.UTC(2026, 9, 1);

type Item = { readonly offset: bigint; readonly ms: number; readonly time: bigint; readonly type: string };
const items: Item[] = Array.from({ length: BATCH * 200 }, (_, i) => ({
  offset: BigInt(i),
  ms: START + i * 37,
  time: BigInt(START + i * 37) * 1_000_000n,
  type: i % 7 === 0 ? 'okta' : 'windows',
}));

let sink = 0n;
const touch = (): void => {
  for (let b = 0; b < BATCHES; b++) {
    for (let i = 0; i < BATCH; i++) {
      const item = items[((b % 200) * BATCH + i) % items.length] as Item;
      sink += item.offset + item.time;
    }
  }
};

const observe = (): number => {
  const ledger = createLedger();
  let entries = 0;
  for (let b = 0; b < BATCHES; b++) {
    const tally = createTally();
    for (let i = 0; i < BATCH; i++) {
      const { ms, time, type } = items[((b % 200) * BATCH + i) % items.length] as Item;
      tally.record(BigInt(b * BATCH + i), ms);
      tally.event(time, type);
    }
    ledger.observe({ kind: 'batch', source: 's', partition: 0, counts: tally.counts() });
    if (b % 200 === 199) entries += ledger.seal().length;
  }
  return entries;
};

const perEvent = (work: () => unknown): number => {
  work();
  const times = [0, 1, 2].map(() => {
    const before = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - before) / (BATCH * BATCHES);
  });
  return Math.min(...times);
};
const [walking, telling] = [perEvent(touch), perEvent(observe)];
console.log(
  `ledger: ${(telling - walking).toFixed(0)} ns per event (${telling.toFixed(0)} with walking, ${walking.toFixed(0)} walking alone), ${sink % 2n}`,
);
