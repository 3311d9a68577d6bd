import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CensusState, createCensus } from '../../src/correlate/census.ts';
import { fromText, toText } from '../../src/correlate/codec.ts';
import { addHash, estimateOf, hyperLogLog, SMALL } from '../../src/correlate/sketches/hyperloglog.ts';
import { hashKeyOf, hashOf } from '../../src/correlate/sketches/keyed-hash.ts';

const SPAN = 20;
const KEY = hashKeyOf('a rule');
const CAP = 4;
const limits = { members: CAP, keys: 100, pairs: 100_000 };

type Note = { readonly key: string; readonly member: string; readonly time: number };

/** Of all notes, whatever came when: how many up to `time` in its pane and the one before, and an estimate where a pane has too many. */
function oracle(notes: readonly Note[], key: string, time: number): { readonly count: number; readonly sure: string } {
  const inPane = (pane: number) =>
    new Set(notes.filter((one) => one.key === key && one.time <= time && Math.floor(one.time / SPAN) === pane).map(({ member }) => member));
  const now = inPane(Math.floor(time / SPAN));
  const before = inPane(Math.floor(time / SPAN) - 1);
  const all = new Set([...before, ...now]);
  if (now.size <= CAP && before.size <= CAP) return { count: all.size, sure: 'exact' };
  const registers = hyperLogLog(SMALL.bits);
  for (const member of all) addHash(registers, hashOf(member, KEY));
  return { count: Math.max(CAP + 1, Math.round(estimateOf(registers))), sure: 'estimate' };
}

/** What comes before the watermark moves by `step`: notes from the watermark on, up to a lateness ahead. */
const phase = fc.record({
  notes: fc.array(
    fc.record({ key: fc.constantFrom('k', 'l'), member: fc.integer({ min: 0, max: 30 }).map((n) => `m${n}`), ahead: fc.nat(25) }),
    { maxLength: 25 },
  ),
  step: fc.integer({ min: 1, max: 15 }),
  restart: fc.boolean(),
});

test('what is counted at an instant depends on the notes up to it alone: not on the pace of the watermark, the order or restarts', () => {
  let estimates = 0;
  fc.assert(
    fc.property(fc.array(phase, { minLength: 1, maxLength: 10, size: 'max' }), fc.constantFrom(0, -30), (phases, from) => {
      let census = createCensus(BigInt(SPAN), KEY, undefined, limits);
      const all: Note[] = [];
      const asked: [string, number, number, string][] = [];
      let watermark = from;
      for (const { notes, step, restart } of phases) {
        for (const { key, member, ahead } of notes) {
          all.push({ key, member, time: watermark + ahead });
          census.note(key, member, BigInt(watermark + ahead));
        }
        if (restart) census = createCensus(BigInt(SPAN), KEY, fromText(toText(census.snapshot())) as CensusState, limits);
        // In the order of groups and not of time.
        for (const key of ['k', 'l'])
          for (let time = watermark + step - 1; time >= watermark; time -= 3)
            asked.push([key, time, census.members(key, BigInt(time)), census.sureness(key, BigInt(time))]);
        watermark += step;
        census.forget(BigInt(watermark));
      }
      for (const [key, time, count, sure] of asked) {
        if (sure === 'estimate') estimates++;
        expect({ key, time, count, sure }).toEqual({ key, time, ...oracle(all, key, time) });
      }
    }),
    { numRuns: 150 },
  );
  expect(estimates).toBeGreaterThan(200);
});
