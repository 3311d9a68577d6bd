import { expect, test } from 'vitest';
import { sha256Hex } from '../../src/shared/digest.ts';
import { createRulesetLog, type NumberedBundle } from '../../src/transport/ruleset-log.ts';
import { memoryKeyedLog } from '../support/keyed-log.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const digest = (text: string): string => sha256Hex(bytes(text));
let n = 0;
const suffix = (): string => String(n++);

test('a bundle is told to everybody before it is called active, once, and comes back byte by byte', async () => {
  const log = memoryKeyedLog();
  const rulesets = createRulesetLog(log, suffix);
  const told: NumberedBundle[] = [];
  const announce = async (chosen: NumberedBundle): Promise<void> => {
    expect((await rulesets.read()).active).toBeLessThan(chosen.seq);
    told.push(chosen);
  };
  const large = 'x'.repeat(3_000_000);
  expect(await rulesets.activate(bytes('one'), announce)).toEqual({ seq: 1, bundle: digest('one') });
  expect(await rulesets.activate(bytes('one'), announce)).toEqual({ seq: 1, bundle: digest('one') });
  expect(await rulesets.activate(bytes(large), announce)).toEqual({ seq: 2, bundle: digest(large) });
  expect(await rulesets.activate(bytes('one'), announce)).toEqual({ seq: 3, bundle: digest('one') });
  expect(told.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  const history = await createRulesetLog(log, suffix).read();
  expect([history.active, [...history.chosen.keys()]]).toEqual([3, [1, 2, 3]]);
  expect(Buffer.from(history.bundle(digest(large)) ?? []).toString()).toBe(large);
  expect(history.bundle(digest('other'))).toBeUndefined();
});

test('what one left half done another finishes before its own', async () => {
  const log = memoryKeyedLog();
  const told: string[] = [];
  await createRulesetLog(log, suffix)
    .activate(bytes('one'), async () => {
      throw new Error('died');
    })
    .catch(() => undefined);
  expect((await createRulesetLog(log, suffix).read()).active).toBe(0);
  const second = createRulesetLog(log, suffix);
  await second.activate(bytes('two'), async ({ seq, bundle }) => void told.push(`${seq} ${bundle}`));
  expect(told).toEqual([`1 ${digest('one')}`, `2 ${digest('two')}`]);
  expect((await second.read()).active).toBe(2);
});

test('of two at the same moment the first in the log wins, and the other is told', async () => {
  const log = memoryKeyedLog();
  const other = createRulesetLog(log, suffix);
  let between = true;
  const racing = createRulesetLog(
    {
      ...log,
      async write(partition, entries) {
        if (between && entries.some(({ key }) => key.startsWith('p/'))) {
          between = false;
          await other.activate(bytes('theirs'), async () => undefined);
        }
        await log.write(partition, entries);
      },
    },
    suffix,
  );
  await expect(racing.activate(bytes('ours'), async () => undefined)).rejects.toThrow(/other rules were made active/);
  expect(await racing.activate(bytes('ours'), async () => undefined)).toEqual({ seq: 2, bundle: digest('ours') });
});

test('a bundle that is damaged is none', async () => {
  const log = memoryKeyedLog();
  const rulesets = createRulesetLog(log, suffix);
  await rulesets.activate(bytes('one'), async () => undefined);
  await log.write(0, [{ key: `b/${digest('one')}/0`, value: bytes('other') }]);
  expect((await rulesets.read()).bundle(digest('one'))).toBeUndefined();
});
