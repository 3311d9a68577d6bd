import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadRules } from '../../src/rule/load.ts';

const cases = JSON.parse(readFileSync(new URL('../golden/rules/problems.json', import.meta.url), 'utf8')) as { text: string }[];

test('no text makes the loader throw, and every problem has a place in its file', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom(...cases.map(({ text }) => text)).chain((text) =>
      fc
        .array(
          fc.record({
            at: fc.nat(text.length),
            cut: fc.nat(8),
            put: fc.constantFrom('', '[', '{', ':', '- ', '|', '"', "'", '\n', '*', '&a', '%', 'null', '\u202e', '\ud800'),
          }),
          { maxLength: 5 },
        )
        .map((edits) => edits.reduce((out, { at, cut, put }) => out.slice(0, at) + put + out.slice(at + cut), text)),
    ),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const { place } of loadRules([{ path: 'r.yml', text }]).problems) {
        expect(place.line).toBeGreaterThan(0);
        expect(place.column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 400 },
  );
});
