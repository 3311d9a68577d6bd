import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { assemble, type Loaded } from '../../src/rule/assemble.ts';
import { createAssembler } from '../../src/rule/assembler.ts';
import { readFileRules } from '../../src/rule/file-rules.ts';
import type { Detection } from '../../src/rule/ir/rule.ts';
import { createRulesetLoader } from '../../src/rule/ruleset-loader.ts';
import { anEvent } from '../support/an-event.ts';

// Few ids, names, tags and log sources, so that documents meet: duplicates, references that go, filters that stop to fit.
const id = fc.constantFrom('a', 'b', 'c', 'd');
const product = fc.constantFrom('x', 'y');
const tags = fc.constantFrom('', 'tags: [t.one]\n', 'tags: [t.one, t.two]\n');
const prose = fc.record({ tags, product, value: fc.constantFrom('one', 'two', 'three'), rest: fc.nat(7) });
const written = (name: string, one: { tags: string; product: string; value: string; rest: number }): string =>
  `${'# moves the lines\n'.repeat(one.rest)}title: t\nid: ${name}\n${one.tags}${one.rest === 7 ? 'status: deprecated\n' : ''}` +
  `logsource: {product: ${one.product}}\ndetection: {s: {f: ${one.value}}, condition: s}\n`;
const detection = fc.record({ id, name: fc.constantFrom('', '\nname: n'), prose }).map((one) => written(`${one.id}${one.name}`, one.prose));
const warned = detection.map((text) => text.replace('condition: s', 'unused: {g: 1}, condition: s'));
const correlation = fc
  .record({ of: fc.oneof(id, fc.constant('n')), id: fc.constantFrom('k', 'l'), generate: fc.boolean() })
  .map(
    (one) =>
      `title: k\nid: ${one.id}\ncorrelation: {type: event_count, rules: [${one.of}], group-by: [g], timespan: 1m, condition: {gte: 2}, generate: ${one.generate}}\n`,
  );
const filter = fc
  .record({ of: fc.oneof(id, fc.constant('any')), product })
  .map(
    (one) =>
      `title: f\nid: f\nlogsource: {product: ${one.product}}\nfilter: {rules: ${one.of}, s: {g: quiet}, condition: not s}\nwardline: {owner: o, reason: r}\n`,
  );
const exception = fc
  .record({
    by: fc.oneof(
      id.map((one) => `rules: [${one}]`),
      fc.constant('tags: [t.two]'),
    ),
  })
  .map(
    ({ by }) =>
      `kind: Exception\nid: e\n${by}\nwhen: {s: {g: 1}, condition: s}\nowner: o\nticket: T-1\nreason: r\nstarts: 2026-11-01\nexpires: 2027-01-01\neffect: suppress\n`,
  );
const text = fc.oneof(
  { weight: 6, arbitrary: detection },
  { weight: 1, arbitrary: warned },
  { weight: 1, arbitrary: fc.tuple(detection, detection).map((two) => two.join('---\n')) },
  { weight: 2, arbitrary: correlation },
  { weight: 1, arbitrary: filter },
  { weight: 1, arbitrary: exception },
  { weight: 1, arbitrary: fc.constantFrom('title: [', '', 'title: no kind\n') },
);
const PATHS = ['1.yml', '2.yml', '3.yml', '4.yml', '5.yml'];
const path = fc.constantFrom(...PATHS);
/** What authors do most: a rule stays where it is and what it is called. */
const same = fc.record({ place: fc.nat(2), name: fc.constantFrom('', '', '', '\nname: n'), prose }).map((one) => ({
  path: PATHS[one.place] as string,
  text: written(`${['a', 'b', 'c'][one.place]}${one.name}`, one.prose),
}));
const any = fc.record({ path, text: fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: fc.constant(undefined) }) });
const edits = fc.array(fc.oneof({ weight: 3, arbitrary: same }, { weight: 1, arbitrary: any }), { minLength: 1, maxLength: 12 });

const files = (texts: ReadonlyMap<string, string>) =>
  [...texts].map(([one, content]) => ({ path: one, text: content })).sort((a, b) => (a.path < b.path ? -1 : 1));
const parts = ({ ruleset, problems, filters }: Loaded) => ({
  ...ruleset,
  byId: [...ruleset.byId],
  contexts: [...ruleset.contexts],
  problems,
  filters,
});

const found = createMatchBuffer();
function matches(detections: readonly Detection[]): readonly string[] {
  const matcher = createMatcher(detections);
  return ['x', 'y'].flatMap((logsource) =>
    ['one', 'two', 'three'].flatMap((f) =>
      ['quiet', 'g'].flatMap((g) => {
        found.count = 0;
        matcher.match(anEvent({ f, g }, { format: 'json', logsource: { product: logsource } }), found);
        return [...found.rules.subarray(0, found.count)].map((rule) => `${logsource} ${f} ${g} ${detections[rule]?.id}`);
      }),
    ),
  );
}

describe('a ruleset of which files change', () => {
  test('is, after any edits, what all files give when they are assembled anew, to the last problem, and matches the same', () => {
    let alone = 0;
    fc.assert(
      fc.property(edits, (list) => {
        const context = { placeholders: {} };
        const assembled = createAssembler();
        const known = new Map(PATHS.slice(0, 4).map((one, i) => [one, readFileRules({ path: one, text: START[i] as string }, context)]));
        let before = assembled([...known.values()]).ruleset;
        for (const edit of list) {
          if (edit.text === undefined) known.delete(edit.path);
          else known.set(edit.path, readFileRules({ path: edit.path, text: edit.text }, context));
          const now = [...known.values()];
          const loaded = assembled(now);
          const anew = assemble(now);
          expect(parts(loaded)).toEqual(parts(anew));
          if (loaded.ruleset.exceptions === before.exceptions) alone++;
          before = loaded.ruleset;
          expect(matches(loaded.ruleset.detections)).toEqual(matches(anew.ruleset.detections));
        }
      }),
      { numRuns: 200 },
    );
    // Some of the edits take the short way; without it the test would compare a thing with itself.
    expect(alone).toBeGreaterThan(100);
  });

  test('runs, once every file is whole and fits, what a start would run', () => {
    fc.assert(
      fc.property(edits, (list) => {
        const loader = createRulesetLoader({ placeholders: {} });
        const texts = new Map(PATHS.slice(0, 4).map((one, i) => [one, START[i] as string]));
        loader.update(files(texts));
        for (const edit of list) {
          if (edit.text === undefined) texts.delete(edit.path);
          else texts.set(edit.path, edit.text);
          const now = files(texts);
          const update = loader.update(now);
          const anew = assemble(now.map((file) => readFileRules(file, { placeholders: {} })));
          if (anew.problems.some(({ severity }) => severity === 'error')) continue;
          expect(update.kept).toEqual([]);
          expect(parts({ ...anew, ruleset: update.ruleset, problems: update.problems })).toEqual(parts(anew));
        }
      }),
      { numRuns: 100 },
    );
  });
});

const START: readonly string[] = [
  ...['a', 'b', 'c'].map((one) => `title: t\nid: ${one}\nlogsource: {product: x}\ndetection: {s: {f: one}, condition: s}\n`),
  'title: k\nid: k\ncorrelation: {type: event_count, rules: [b], group-by: [g], timespan: 1m, condition: {gte: 2}}\n',
];
