import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../src/normalize/redact.ts';
import { type RedactSettings, redactSettings } from '../../src/normalize/redaction-settings.ts';
import { Secret } from '../../src/shared/secret.ts';
import { aRecord, eventsOf } from '../support/an-event.ts';

const settingsOf = (fields: RedactSettings['fields'], more: object = {}) =>
  redactSettings.parse({ fields, ...(fields.some((one) => one.with === 'pseudonymise') ? { key: new Secret('k1') } : {}), ...more });
const shown = (line: string, settings: RedactSettings): string => {
  const [event] = eventsOf(line);
  const redactor = createRedactor(settings);
  if (event === undefined || redactor === undefined) throw new Error('nothing to redact');
  return JSON.stringify(redactor.of(event).document(event.toEcs()));
};
const SSH = 'Nov 19 16:46:19 web1 sshd[2763]: Failed password for mallory from 203.0.113.99 port 40000 ssh2';

describe('redaction', () => {
  test('a masked field is gone from its place, from related.*, from the message and from the original', () => {
    const text = shown(SSH, settingsOf([{ field: 'user.name', with: 'mask' }]));
    expect(text).not.toContain('mallory');
    expect(JSON.parse(text)).toMatchObject({
      user: { name: '[redacted]' },
      related: { user: ['[redacted]'] },
      message: 'Failed password for [redacted] from 203.0.113.99 port 40000 ssh2',
      source: { ip: '203.0.113.99' },
    });
  });

  test('a pseudonym is equal for equal values, differs by key and never shows the value', () => {
    const of = (line: string, key: string) =>
      JSON.parse(shown(line, settingsOf([{ field: 'user.name', with: 'pseudonymise' }], { key: new Secret(key) }))).user.name;
    const other = SSH.replace('16:46:19', '17:00:00');
    expect(of(SSH, 'k1')).toMatch(/^p:[0-9a-f]{6}:[0-9a-f]{32}$/);
    expect(of(SSH, 'k1')).toBe(of(other, 'k1'));
    expect(of(SSH, 'k1')).not.toBe(of(SSH, 'k2'));
  });

  test('an address keeps its network; a dropped field is no more there', () => {
    expect(JSON.parse(shown(SSH, settingsOf([{ field: 'source.ip', with: 'truncate-ip' }])))).toMatchObject({
      source: { ip: '203.0.113.0' },
      message: 'Failed password for mallory from 203.0.113.0 port 40000 ssh2',
    });
    expect(JSON.parse(shown(SSH, settingsOf([{ field: 'user.name', with: 'drop' }])))).not.toHaveProperty('user');
  });

  test('what is computed from a field goes with it, and a name stands for what is below it', () => {
    const line = '203.0.113.5 - alice [20/Nov/2026:07:00:00 +0000] "GET /u?user=alice HTTP/1.1" 200 5 "-" "curl/8.5.0"';
    const agent = JSON.parse(shown(line, settingsOf([{ field: 'user_agent.original', with: 'mask' }])));
    expect(agent.user_agent).toMatchObject({ original: '[redacted]', name: '[redacted]', version: '[redacted]' });
    expect(shown(line, settingsOf([{ field: 'user_agent', with: 'drop' }]))).not.toContain('curl');
    expect(shown(line, settingsOf([{ field: 'user.name', with: 'mask' }]))).not.toContain('alice');
  });

  test("a field is named in the vendor's own words too", () => {
    const line = JSON.stringify({
      Channel: 'Security',
      EventID: 4624,
      TargetUserName: 'mallory',
      IpAddress: '203.0.113.9',
      Message: 'logon of CORP\\mallory',
    });
    const text = shown(line, settingsOf([{ field: 'TargetUserName', with: 'mask' }]));
    expect(text.toLowerCase()).not.toContain('mallory');
  });

  test('fields of a match are redacted by the names rules use', () => {
    const [event] = eventsOf(SSH);
    const redaction = createRedactor(settingsOf([{ field: 'user.name', with: 'mask' }]))?.of(event as NonNullable<typeof event>);
    expect(redaction?.fields({ 'user.name': 'mallory', 'source.ip': '203.0.113.99' })).toEqual({
      'user.name': '[redacted]',
      'source.ip': '203.0.113.99',
    });
    expect(redaction?.value([{ observed: 'for MALLORY.' }])).toEqual([{ observed: 'for [redacted].' }]);
  });

  test('whatever a user is called, nothing that leaves holds the name as a word', () => {
    const name = fc
      .string({ minLength: 3, maxLength: 12, unit: fc.constantFrom(...'abcXYZ019_.-') })
      .filter((text) => /[a-z]/i.test(text) && !'redacted'.includes(text.toLowerCase()));
    fc.assert(
      fc.property(name, fc.string({ maxLength: 20 }), (user, text) => {
        const line = JSON.stringify({
          ecs: {},
          user: { name: user },
          message: `${text} ${user} ${text}`,
          labels: [user, `(${user})`],
          deep: { a: user },
        });
        const out = shown(line, settingsOf([{ field: 'user.name', with: 'mask' }])).replaceAll('[redacted]', ' ');
        const escaped = user.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        expect(new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'iu').test(out.replace(/"[\w@.]+":/g, ''))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('a dead letter keeps place, reason, length and digest, not its bytes', () => {
    const letter = { record: aRecord('{"user":"mallory"'), reason: 'invalid-json' as const, detail: 'near mallory', at: 17 };
    const redacted = createRedactor(settingsOf([{ field: 'user.name', with: 'mask' }]))?.letter(letter);
    expect(redacted?.record.bytes).toHaveLength(0);
    expect(redacted).toMatchObject({ reason: 'invalid-json', withheld: { length: 17 } });
    expect(redacted?.detail).not.toContain('mallory');
    const kept = createRedactor(settingsOf([{ field: 'user.name', with: 'mask' }], { deadLetters: 'keep' }))?.letter(letter);
    expect(kept).toBe(letter);
  });

  test('no field named: no redactor; a pseudonym without a key is refused', () => {
    expect(createRedactor(redactSettings.parse({}))).toBeUndefined();
    expect(redactSettings.safeParse({ fields: [{ field: 'a', with: 'pseudonymise' }] }).success).toBe(false);
  });
});
