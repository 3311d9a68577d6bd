import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryHash, entryText, type LedgerEntry } from '../../src/evidence/entry.ts';
import type { LedgerHead } from '../../src/evidence/ledger.ts';
import { type ChainFault, createChainVerifier, headFaults, verifyChain } from '../../src/evidence/verify.ts';
import { aQuietLog, aRule, walk } from '../report/world.ts';

const log = aQuietLog('s', 2, (record, i) =>
  i === 40 ? { ...record, becomes: 'dead' } : i === 50 ? { ...record, removed: true } : record,
);
const entries = walk({ logs: [log], rules: [aRule('r1')] }, [
  { log: 0, take: 30, seal: true, restart: false },
  { log: 0, take: 40, seal: true, restart: true },
]);
const head = verifyChain(entries).head;
const text = entries.map((entry) => `${entryText(entry)}\n`).join('');

/** Verifies exported lines against a trusted head. */
function check(bytes: Uint8Array, expected: LedgerHead = head): ChainFault[] {
  const verifier = createChainVerifier();
  const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let lines: string[];
  try {
    lines = decoded.decode(bytes).split('\n');
  } catch {
    return [{ code: 'not-json', seq: 0, message: 'not UTF-8' }];
  }
  if (lines.pop() !== '') return [{ code: 'not-canonical', seq: 0, message: 'no final line feed' }];
  for (const line of lines) {
    const fault = verifier.line(line);
    if (fault !== undefined) return [fault];
  }
  return headFaults(verifier.head(), expected);
}

test('an untouched chain is whole', () => {
  expect(check(Buffer.from(text))).toEqual([]);
  expect(entries.length).toBeGreaterThan(8);
});

test('every single flipped bit of an exported chain is found', () => {
  const bytes = Buffer.from(text);
  let missed = 0;
  // Every bit of the first and the last entries, and a spread over the rest: each check reads the whole chain.
  const all = bytes.length * 8;
  const step = Math.max(1, Math.floor(all / 4000));
  for (let bit = 0; bit < all; bit += bit < 2000 || bit > all - 2000 ? 1 : step) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (check(flipped).length === 0) missed++;
  }
  expect(missed).toBe(0);
});

describe('with the signed head', () => {
  const lines = (chosen: readonly LedgerEntry[]): Buffer => Buffer.from(chosen.map((entry) => `${entryText(entry)}\n`).join(''));
  const at = fc.nat({ max: entries.length - 1 });

  test('a dropped entry is found', () => {
    for (const i of entries.keys()) expect(check(lines(entries.filter((_, j) => j !== i))).length, `entry ${i}`).toBe(1);
  });

  test('a truncated chain is found, wherever it was cut', () => {
    const bytes = Buffer.from(text);
    for (const i of entries.keys()) expect(check(lines(entries.slice(0, i))).length).toBe(1);
    fc.assert(fc.property(fc.nat({ max: bytes.length - 1 }), (length) => void expect(check(bytes.subarray(0, length)).length).toBe(1)));
  });

  test('swapped, repeated and moved entries are found', () => {
    fc.assert(
      fc.property(at, at, (i, j) => {
        fc.pre(i !== j);
        const swapped = [...entries];
        [swapped[i], swapped[j]] = [entries[j] as LedgerEntry, entries[i] as LedgerEntry];
        expect(check(lines(swapped)).length).toBe(1);
        expect(check(lines(entries.toSpliced(i, 0, entries[j] as LedgerEntry))).length).toBe(1);
      }),
    );
  });

  test('a change that is hashed again from there on is found', () => {
    for (const i of entries.keys()) {
      let prev = entries[i]?.prev ?? '';
      const forged = entries.map((entry, j) => {
        if (j < i) return entry;
        const open = { ...entry, prev, at: j === i ? entry.at.replace('2026', '2027') : entry.at.replace('2026', '2027') };
        const hash = entryHash(open);
        prev = hash;
        return { ...open, hash } as LedgerEntry;
      });
      expect(verifyChain(forged).faults).toEqual([]);
      expect(check(lines(forged)).map(({ code }) => code)).toEqual(['head-chain']);
    }
  });
});

describe('numbers that do not add up are found though every hash fits', () => {
  const rehash = (changed: readonly LedgerEntry[]): LedgerEntry[] => {
    let prev = '0'.repeat(64);
    return changed.map((entry, seq) => {
      const open = { ...entry, seq, prev };
      prev = entryHash(open);
      return { ...open, hash: prev } as LedgerEntry;
    });
  };
  const cases: readonly (readonly [string, (entry: LedgerEntry) => LedgerEntry])[] = [
    [
      'a record without outcome',
      (e) => (e.kind === 'position' ? { ...e, body: { ...e.body, totals: { ...e.body.totals, records: 9999 } } } : e),
    ],
    ['events the rows do not show', (e) => (e.kind === 'population' ? { ...e, body: { ...e.body, rows: e.body.rows.slice(1) } } : e)],
    ['an offset that goes back', (e) => (e.kind === 'position' && e.body.next === '120' ? { ...e, body: { ...e.body, next: '1' } } : e)],
    [
      'a total that shrinks',
      (e) =>
        e.kind === 'position' && e.body.next === '120' ? { ...e, body: { ...e.body, totals: { ...e.body.totals, missing: '0' } } } : e,
    ],
  ];
  test.each(cases)('%s', (_, change) => {
    expect(verifyChain(rehash(entries.map(change))).faults.map(({ code }) => code)).toEqual(['accounting']);
  });
});
