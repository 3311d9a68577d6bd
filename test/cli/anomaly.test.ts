import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  test('draws what fired before the last points, and says when it fired besides', async () => {
    const { out } = await explain('judged', 'beacon', '--groups', '1', '--panes', '2');
    expect(out).toContain('destination.ip=203.0.113.66: 14 matches, 14 points, fired in 5');
    expect(out).toContain('... 12 points that are not drawn');
    expect(out).toMatch(/^not drawn, fired at 2026-09-28T08:19:05\.000Z, .*Z; --panes draws more$/m);
  });

  test('draws an empty chart over an empty file, and says so', async () => {
    writeFileSync(join(folder, 'empty.ndjson'), '');
    const rules = ['-r', join(golden, 'member.json'), join(golden, 'rare', 'rule.yml')];
    const { code, out, err } = await wardline('anomaly', 'explain', 'judged', 'empty.ndjson', ...rules, '--as', 'svg');
    expect([code, err]).toEqual([0, 'there is no event in these files\n']);
    expect(out).toMatch(/^<svg .*nothing to draw.*<\/svg>\n$/s);
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
