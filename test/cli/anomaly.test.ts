import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { home, wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-anomaly-'));
const wardline = wardlineIn(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const golden = join(home, 'test/golden/anomaly');
const explain = (rule: string, kind: string, ...more: string[]) =>
  wardline(
    'anomaly',
    'explain',
    rule,
    join(golden, kind, 'events.ndjson'),
    '-r',
    join(golden, 'member.json'),
    join(golden, kind, 'rule.yml'),
    ...more,
  );

describe('anomaly explain', () => {
  test('draws the groups that fired first, and ends with 1 for them', async () => {
    const { code, out } = await explain('judged', 'beacon', '--groups', '1');
    expect(code).toBe(1);
    expect(out).toContain('destination.ip=203.0.113.66: 14 matches, 14 points, fired in 5');
    expect(out).toContain('38 records, 38 matches, 9 groups, 1 shown; fired in 5 points');
  });

  test.each([
    ['jugded', 'there is no anomaly rule "jugded"; did you mean "judged"?'],
    ['zzz', 'there is no anomaly rule "zzz"; there are judged'],
    ['member', '"member" is no anomaly rule'],
  ])('names what there is instead of %s', async (rule, message) => {
    const { code, err } = await explain(rule, 'rare');
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
