import { expect, test } from 'vitest';
import { createLateness } from '../../src/correlate/lateness.ts';
import { DEFAULT_LIMITS } from '../../src/decode/decode.ts';
import { createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { createMatcher } from '../../src/detect/matcher.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createRedactor } from '../../src/normalize/redact.ts';
import { redactSettings } from '../../src/normalize/redaction-settings.ts';
import { createIngest } from '../../src/pipeline/ingest.ts';
import { Secret } from '../../src/shared/secret.ts';
import { aDetection } from '../support/a-rule.ts';
import { aRecord } from '../support/an-event.ts';

const rule = aDetection({ s: { 'user.name|startswith': 'mall' }, condition: 's' }, { logsource: { product: 'linux', service: 'sshd' } });
const ingest = createIngest({
  matcher: createMatcher([rule]),
  byteMatcher: createByteMatcher([rule], DEFAULT_LIMITS),
  fieldsNeeded: new Map([[rule.id, ['user.name', 'source.ip']]]),
  decode: DEFAULT_LIMITS,
  confirm: (_detection, _event, ecs) => ecs(),
  exceptionsOf: () => [],
  redactor: createRedactor(redactSettings.parse({ key: new Secret('k'), fields: [{ field: 'user.name', with: 'pseudonymise' }] })),
});

test('a rule sees the value; nothing that leaves the stage holds it: fields, document, reasons, dead letters', () => {
  const lines = ['Nov 19 16:46:19 web1 sshd[1]: Failed password for mallory from 203.0.113.9 port 4 ssh2', '{"user":"mallory"'];
  const out = ingest(
    lines.map((line, i) => aRecord(line, BigInt(i))),
    createNormalizer({}),
    createLateness(0n),
  );
  expect(out.matches).toHaveLength(1);
  expect(out.deadLetters).toHaveLength(1);
  const leaving = JSON.stringify(
    [out.matches, out.deadLetters.map((letter) => ({ ...letter, bytes: Buffer.from(letter.record.bytes ?? []).toString() }))],
    (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
  expect(leaving).not.toContain('mallory');
  expect(out.matches[0]?.fields).toMatchObject({ 'user.name': expect.stringMatching(/^p:/), 'source.ip': '203.0.113.9' });
  expect(out.deadLetters[0]).toMatchObject({ withheld: { length: lines[1]?.length } });
});
