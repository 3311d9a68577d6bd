import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../src/shared/json.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, firingsOf } from '../support/correlate.ts';

type Vector = {
  id: string;
  correlations: { name?: string; correlation: { rules?: string[]; condition?: unknown } }[];
  events: ({ t: number; type: string } & Record<string, JsonValue>)[];
  expectMatch: boolean;
  firstAlertAt: number | null;
  note: string;
};

const vectors = readFileSync(new URL('../golden/correlate/vectors.ndjson', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Vector);

/** Every word that may be a member: names in rules, and words of string conditions. */
function membersOf({ correlations, events }: Vector): string[] {
  const own = new Set(correlations.map(({ name }) => name));
  const words = correlations.flatMap(({ correlation }) => [
    ...(correlation.rules ?? []),
    ...(typeof correlation.condition === 'string' ? (correlation.condition.match(/[\w-]+/g) ?? []) : []),
  ]);
  return [...new Set([...words, ...events.map(({ type }) => type)])].filter((word) => !own.has(word) && !/^(and|or|not)$/i.test(word));
}

describe('Sigma correlations', () => {
  test('all vectors are here', () => expect(vectors).toHaveLength(37));

  test.each(vectors)('$id $note', (vector) => {
    const members = membersOf(vector).map((name) => ({
      title: name,
      name,
      logsource: { category: 'test' },
      detection: { sel: { type: name }, condition: 'sel' },
    }));
    const ruleset = rulesetOf(...members, ...vector.correlations);
    const judged = vector.correlations.at(-1)?.name ?? '';
    const records = vector.events.map(({ t, type, ...fields }, n) => asRecord(aMatch(type, t, { type, ...fields }, n)));
    const fired = firingsOf(ruleset, records).filter(({ rule, stage }) => rule === judged && stage !== 'closed');
    expect(fired.length > 0).toBe(vector.expectMatch);
    if (vector.firstAlertAt !== null && vector.expectMatch) {
      const first = fired.reduce((least, { time }) => (time < least ? time : least), fired[0]?.time ?? 0n);
      expect(Number(first) / 1e9).toBe(vector.firstAlertAt);
    }
  });
});
