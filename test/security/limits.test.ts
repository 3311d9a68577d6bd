import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { deliveriesOf } from '../../src/cases/records.ts';
import { createTrial } from '../../src/cases/trial.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { compileGlob, globMatches } from '../../src/detect/glob.ts';
import { loadRules } from '../../src/rule/load.ts';
import { compileRegex } from '../../src/shared/regex.ts';
import { aRecord } from '../support/an-event.ts';

const deadOf = (bytes: Uint8Array | string) => decode(aRecord(bytes), DEFAULT_LIMITS).deadLetters.map(({ reason }) => reason);
const problemsOf = (text: string) => loadRules([{ path: 'r.yml', text }]).problems.map(({ code }) => code);

describe('S10: a few bytes that unpack to much', () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  test.each([
    ['zstd', zstdCompressSync(zeros)],
    ['gzip', gzipSync(zeros)],
  ])('%s is cut off at its limit and is a dead letter', (_name, packed) => {
    expect(packed.length).toBeLessThan(70_000);
    expect(deadOf(packed)).toEqual(['too-large']);
  });

  test('layer within layer ends', () => {
    let packed: Uint8Array = Buffer.from('{"a":1}');
    for (let i = 0; i < 10; i++) packed = gzipSync(packed);
    expect(decode(aRecord(packed), DEFAULT_LIMITS).documents).toEqual([]);
    expect(deadOf(packed)).toHaveLength(1);
  });

  test('a record larger than the limit is a dead letter', () => {
    expect(deadOf(`{"a":"${'x'.repeat(1024 * 1024)}"}`)).toEqual(['too-large']);
  });
});

describe('S11: JSON that is deep or wide', () => {
  test.each([
    ['arrays', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['objects', '{"a":'.repeat(150_000) + '1' + '}'.repeat(150_000)],
  ])('%s are refused before they are parsed', (_name, text) => {
    expect(deadOf(text).length).toBe(1);
  });
});

describe('S11: an object with more keys than anybody writes', () => {
  const wide = (keys: number) => `{${Array.from({ length: keys }, (_, n) => `"k${n}":0`).join(',')}}`;
  test('is a dead letter; as many keys in many objects are not', () => {
    expect(deadOf(wide(10_001))).toEqual(['too-many-keys']);
    expect(deadOf(`{"a":[${wide(9_000)},${wide(9_000)}]}`)).toEqual([]);
    expect(deadOf(`{"text":"${':'.repeat(20_000)}"}`)).toEqual([]);
    expect(decode(aRecord(`  ${wide(10_001)}`), DEFAULT_LIMITS).deadLetters[0]?.at).toBeGreaterThan(98_000);
  });
  test('is one before rules see its bytes as well', () => {
    const { ruleset } = loadRules([
      { path: 'r.yml', text: 'title: x\nid: x\nlogsource: {category: test}\ndetection: {s: {k1: 0}, condition: s}\n' },
    ]);
    const trial = createTrial(ruleset, { logsource: { category: 'test' } });
    const run = (keys: number) => trial.run(deliveriesOf({ name: 'x', events: [{ at: '0s', raw: wide(keys) }], expect: [] }, {}, () => []));
    expect(run(9_999)).toMatchObject({ deadLetters: [], matches: [{ rule: 'x' }] });
    expect(run(10_001)).toMatchObject({ deadLetters: [{ reason: 'too-many-keys' }], matches: [] });
  });
});

describe('S17: YAML that grows', () => {
  test('aliases are refused, so that nine lines are not a billion values', () => {
    const lines = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...[...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
    ];
    expect(problemsOf(lines.join('\n')).some((code) => code === 'yaml/alias' || code === 'yaml/anchor')).toBe(true);
  });
  test('depth and size have limits', () => {
    expect(problemsOf('['.repeat(50_000))).toContain('yaml/too-deep');
    expect(problemsOf(`a: "${'x'.repeat(1024 * 1024 + 1)}"`)).toContain('yaml/too-large');
  });
  test.each(['!!js/function "return 1"', '!!python/object:os.system x', '!include /etc/passwd'])('the tag %s makes nothing', (value) => {
    expect(problemsOf(`title: ${value}\n`)).toContain('yaml/tag');
  });
});

describe('S21, S22: patterns that other engines take for ever over', () => {
  test.each(['^(a+)+$', '(a|a)*b', '(.*)*x', '(a|aa)+$', '([a-z]+)*\\d'])('%s ends on a long text that does not match', (pattern) => {
    expect(compileRegex(pattern, '').test(`${'a'.repeat(20_000)}!`)).toBe(false);
  });
  test.each(['(?=a)b', '(a)\\1', 'a{1,5000}', 'x'.repeat(5000), '(?<!a)b'])('what cannot run in linear time is refused: %s', (pattern) => {
    expect(() => compileRegex(pattern, '')).toThrow();
  });
  test('a glob of many stars ends', () => {
    const glob = compileGlob([
      ...Array.from({ length: 30 }, () => [{ wildcard: 'any' as const }, 'a']).flat(),
      { wildcard: 'any' as const },
      'b',
    ]);
    expect(globMatches(glob, 'a'.repeat(20_000))).toBe(false);
  });
});
