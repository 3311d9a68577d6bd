import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readRuleFiles } from '../../src/rule/files.ts';
import type { Rule } from '../../src/rule/ir/rule.ts';
import { loadRules } from '../../src/rule/load.ts';

const root = resolve(import.meta.dirname, '../..');
const { ruleset } = loadRules(readRuleFiles([resolve(root, 'rules')]));

/** Rules of the pack; the members that a rule makes for itself carry its id before a slash. */
const pack = [...ruleset.byId.values()]
  .filter(({ id, meta }) => !id.includes('/') && meta.tags.some((tag) => tag.startsWith('nist-800-207.') || tag.startsWith('ztmm.')))
  .sort((a, b) => (a.id < b.id ? -1 : 1));

const tagged = ({ meta }: Rule, prefix: string): readonly string[] =>
  meta.tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
/** Functions of the CISA Zero Trust Maturity Model 2.0, by pillar; GOV, VA and AO are its cross-cutting capabilities. */
const FUNCTION =
  /^(?:ID-(?:[1-4]|GOV|VA|AO)|DEV-(?:[1-4]|GOV|VA|AO)|NET-(?:[1-4]|GOV|VA|AO)|APP-(?:[1-5]|GOV|VA|AO)|DATA-(?:[1-5]|GOV|VA|AO))$/;

test('every policy, reconciliation and trace rule is mapped to tenets of SP 800-207 and to functions of the maturity model', () => {
  const policies = [...ruleset.byId.values()].filter(({ id, meta }) => !id.includes('/') && meta.place.file.includes('/rules/policy/'));
  expect(policies.length).toBeGreaterThan(10);
  for (const rule of [...policies, ...pack]) {
    expect([rule.id, tagged(rule, 'nist-800-207.')]).toEqual([rule.id, expect.arrayContaining([expect.stringMatching(/^tenet-[1-7]$/)])]);
    expect([rule.id, tagged(rule, 'ztmm.')]).toEqual([rule.id, expect.arrayContaining([expect.stringMatching(FUNCTION)])]);
    expect([rule.id, rule.meta.controls.length > 0]).toEqual([rule.id, true]);
  }
});

test('docs/policies.md shows the pack as it is', () => {
  const rows = pack.map((rule) => {
    const tenets = tagged(rule, 'nist-800-207.').map((tag) => tag.replace('tenet-', ''));
    const controls = rule.meta.controls.map((control) => control.replace('nist-800-53:', ''));
    return `| \`${rule.id}\` | ${rule.meta.title} | ${tenets.sort().join(', ')} | ${tagged(rule, 'ztmm.').join(', ')} | ${controls.join(', ')} |`;
  });
  const squeeze = (text: string): string => text.replace(/ +/g, ' ');
  const page = squeeze(readFileSync(resolve(root, 'docs/policies.md'), 'utf8'));
  expect(rows.filter((row) => !page.includes(squeeze(row)))).toEqual([]);
});
