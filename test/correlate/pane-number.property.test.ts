import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hourIn, lastInstant, paneNumber } from '../../src/correlate/pane-number.ts';
import { zoneShift } from '../../src/event/zone-shift.ts';

const HOUR = 3_600_000_000_000n;
const time = fc.oneof(
  fc.bigInt({ min: -3n * HOUR, max: 3n * HOUR }),
  // Around the two changes of a year in Europe, and one of Lord Howe Island, which moves by half an hour.
  fc.constantFrom(1_711_846_800n, 1_729_990_800n, 1_712_415_600n).chain((at) => {
    const change = at * 1_000_000_000n;
    return fc.bigInt({ min: change - 4n * HOUR, max: change + 4n * HOUR });
  }),
);
const times = fc.array(time, { minLength: 1, maxLength: 60 });

test('instants lie in the panes that whole division says, in whatever order they are asked for', () => {
  fc.assert(
    fc.property(fc.constantFrom(1_000_000_007n, HOUR, HOUR / 12n), times, (width, list) => {
      const [numberOf, lastOf] = [paneNumber(width), lastInstant(width)];
      for (const at of list) {
        const number = BigInt(numberOf(at));
        expect(number * width <= at && at < (number + 1n) * width).toBe(true);
        expect(lastOf(Number(number))).toBe((number + 1n) * width - 1n);
      }
    }),
  );
});

test('the hour by the clock of a zone is the one of the instant, whatever was asked before', () => {
  const zones = ['UTC', '+05:45', '-03:30', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
  const asked = new Map(zones.map((zone) => [zone, { hourOf: hourIn(zone), shift: zoneShift(zone) }]));
  fc.assert(
    fc.property(fc.constantFrom(...zones), times, (zone, list) => {
      const { hourOf, shift } = asked.get(zone) as { hourOf: (time: bigint) => number; shift: (time: bigint) => bigint };
      for (const at of list) expect(hourOf(at)).toBe(Number((at + shift(at)) / HOUR));
    }),
  );
});
