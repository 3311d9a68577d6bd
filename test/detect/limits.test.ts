import { describe, expect, test, vi } from 'vitest';
import { ByteLine } from '../../src/detect/bytes/byte-line.ts';
import { KeyTree } from '../../src/detect/bytes/key-tree.ts';
import { Machine } from '../../src/detect/bytes/machine.ts';
import { Tokenizer } from '../../src/detect/bytes/tokenizer.ts';
import { createCandidates } from '../../src/detect/candidates.ts';
import { compileGroup } from '../../src/detect/group.ts';
import { createMatchBuffer } from '../../src/detect/match-buffer.ts';
import { aDetection, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';

test('a rule is asked once per event, however many events its group had', () => {
  const { route, document } = anEvent({ a: 'b' }, { format: 'json', logsource: TEST_LOGSOURCE });
  const group = compileGroup([aDetection({ sel: { a: 'b' }, condition: 'sel' })], route);
  const candidates = createCandidates();
  group.generation = 2 ** 31 - 2;
  for (let event = 0; event < 3; event++) {
    group.view.begin(document);
    candidates.begin(group);
    for (let again = 0; again < 3; again++) candidates.fire(Int32Array.of(0));
    const found = createMatchBuffer();
    candidates.verify(group, group.view, found);
    expect(found.count).toBe(1);
  }
});

describe('where the machine has no room for a long line', () => {
  const refuse = (machine: Machine): void => {
    vi.spyOn(machine, 'allocate').mockImplementationOnce(() => {
      throw new RangeError('no room');
    });
  };

  test.each([
    ['its copy', 100_000],
    ['its lower case', 50_000],
  ])('for %s, it is refused each time, and nothing is written beyond the room of the lines before', (_, length) => {
    const machine = new Machine();
    const line = new ByteLine(new Tokenizer(new KeyTree(machine), 64), 64);
    expect(line.begin(Buffer.from('{"a":1}'))).toBe(true);
    const long = Buffer.from(JSON.stringify({ a: 'x'.repeat(length) }));
    for (let time = 0; time < 2; time++) {
      refuse(machine);
      expect(() => line.begin(long)).toThrow('no room');
    }
    vi.restoreAllMocks();
    expect(line.begin(long)).toBe(true);
    expect(line.text.bytes.length).toBeGreaterThanOrEqual(long.length);
    expect(line.unescaped - line.lower).toBeGreaterThanOrEqual(long.length);
  });
});
