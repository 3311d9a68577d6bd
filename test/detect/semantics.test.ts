import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { evaluate } from '../../src/detect/reference.ts';
import { aDetection, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';

type Vector = { id: string; group: string; note: string; detection: object; event: object; expected: boolean };

const vectors = readFileSync(new URL('../golden/sigma/semantics.ndjson', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Vector);

describe('Sigma semantics', () => {
  test('all vectors are here', () => expect(vectors).toHaveLength(159));

  test.each(vectors)('$id $note', ({ detection, event, expected }) => {
    const rule = aDetection(detection);
    const seen = anEvent(event, { format: 'json', logsource: TEST_LOGSOURCE });
    expect(evaluate(rule.expr, seen)).toBe(expected);
    const found = createMatchBuffer();
    createMatcher([rule]).match(seen, found);
    expect(found.count === 1).toBe(expected);
  });
});
