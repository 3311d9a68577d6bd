import { describe, expect, test } from 'vitest';
import { printable, table } from '../../src/shared/table.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { aDetection } from '../support/a-rule.ts';

const HOSTILE = [
  'x\n{"level":50,"msg":"forged"}',
  'x\r\nSet-Cookie: a=b',
  '\u001b[2J\u001b[31mred',
  '\u202egnp.exe',
  '\u0000\u0007\u009b',
  '\u2028\u2029',
  '\u200b\u2066\u{e0041}',
];

describe('S35: the log', () => {
  test('a value starts no line of its own, whatever it holds, and a long one is cut', () => {
    const lines: string[] = [];
    const forwarded: unknown[] = [];
    const logger = createLogger(
      'info',
      (_severity, _text, body, attributes) => forwarded.push([body, attributes]),
      (line) => lines.push(line),
    );
    for (const text of HOSTILE) logger.warn({ value: text, [text]: 1 }, text);
    logger.error({ value: 'y'.repeat(100_000) }, 'long');
    expect(lines.length).toBe(HOSTILE.length + 1);
    for (const line of lines) {
      expect(line.endsWith('\n')).toBe(true);
      // One JSON document per line, with no raw control character in it.
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) as number });
    }
    expect(lines.slice(0, -1).map((line) => (JSON.parse(line) as { value: string }).value)).toEqual(HOSTILE);
    expect(lines.at(-1)?.length).toBeLessThan(1500);
    expect(forwarded.length).toBe(lines.length);
  });
});

describe('S34: the terminal', () => {
  test('shows controls, direction marks and zero-width characters, and obeys none', () => {
    for (const text of HOSTILE) expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const out = table(
      [{ title: 'a' }, { title: 'b' }],
      HOSTILE.map((text) => [text, text]),
    );
    expect(out.split('\n').length).toBe(HOSTILE.length + 1);
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});

test('S24: a process under the flags of the product makes no code out of text', () => {
  expect(() => new Function('return 1')).toThrow();
  // biome-ignore lint/security/noGlobalEval: that it does not work is what is shown
  expect(() => eval('1')).toThrow();
  expect(Object.hasOwn(Object.prototype, '__proto__')).toBe(false);
});

test('S15: names of a prototype in a rule are fields like others, or refused, and reach nothing', () => {
  for (const name of ['__proto__.polluted', 'constructor.prototype.polluted', 'prototype'])
    try {
      aDetection({ s: { [name]: 'x' }, condition: 's' });
    } catch (error) {
      expect(String(error)).toContain('test.yml');
    }
  expect((Object.prototype as unknown as { polluted?: string }).polluted).toBeUndefined();
});
