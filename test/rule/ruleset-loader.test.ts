import { describe, expect, test } from 'vitest';
import { loadRules } from '../../src/rule/load.ts';
import { createRulesetLoader } from '../../src/rule/ruleset-loader.ts';

const rule = (id: string, value: string, title = id): string =>
  `title: ${title}\nid: ${id}\nlogsource: {product: x}\ndetection: {s: {a: ${value}}, condition: s}\n`;
const count = 'title: c\nid: c\ncorrelation: {type: event_count, rules: [a], group-by: [g], timespan: 1m, condition: {gte: 2}}\n';
const files = (texts: Readonly<Record<string, string>>) => Object.entries(texts).map(([path, text]) => ({ path, text }));
const loader = () => createRulesetLoader({ placeholders: {} });

describe('rules that change while the engine runs', () => {
  test('one changed file is compiled alone, and only its rule is another', () => {
    const rules = loader();
    expect(rules.update(files({ 'a.yml': rule('a', 'one'), 'b.yml': rule('b', 'two') })).compiled).toEqual(['a.yml', 'b.yml']);
    const update = rules.update(files({ 'a.yml': rule('a', 'three'), 'b.yml': rule('b', 'two') }));
    expect(update).toMatchObject({ compiled: ['a.yml'], kept: [], added: [], removed: [], changed: ['a'] });
    expect(update.ruleset.digest).toBe(loadRules(files({ 'a.yml': rule('a', 'three'), 'b.yml': rule('b', 'two') })).ruleset.digest);
  });

  test('a change of prose changes no logic', () => {
    const rules = loader();
    rules.update(files({ 'a.yml': rule('a', 'one') }));
    const update = rules.update(files({ 'a.yml': rule('a', 'one', 'another title') }));
    expect(update).toMatchObject({ compiled: ['a.yml'], changed: [] });
    expect(update.ruleset.byId.get('a')?.meta.title).toBe('another title');
  });

  test('a broken file keeps its old version and says so, until it is mended', () => {
    const rules = loader();
    const { ruleset } = rules.update(files({ 'a.yml': rule('a', 'one'), 'b.yml': rule('b', 'two') }));
    const broken = rules.update(files({ 'a.yml': 'title: [', 'b.yml': rule('b', 'two') }));
    expect(broken.kept).toEqual(['a.yml']);
    expect(broken.problems.map(({ place }) => place.file)).toContain('a.yml');
    expect(broken.ruleset.digest).toBe(ruleset.digest);
    expect(rules.update(files({ 'a.yml': 'title: [', 'b.yml': rule('b', 'two') })).compiled).toEqual([]);
    const mended = rules.update(files({ 'a.yml': rule('a', 'four'), 'b.yml': rule('b', 'two') }));
    expect(mended).toMatchObject({ kept: [], changed: ['a'], problems: [] });
  });

  test('bytes that are no text behind the text of a file break it like any other fault', () => {
    const rules = loader();
    const [good] = files({ 'a.yml': rule('a', 'one') });
    if (good === undefined) throw new Error('no file');
    rules.update([good]);
    const bad = { ...good, unreadable: { code: 'yaml/encoding', message: 'the byte 0xe9 is no UTF-8', offset: good.text.length } };
    expect(rules.update([bad]).kept).toEqual(['a.yml']);
    expect(rules.update([bad])).toMatchObject({ kept: ['a.yml'], compiled: [] });
    expect(rules.update([good])).toMatchObject({ kept: [], problems: [] });
  });

  test('a file that no longer fits the others keeps its old version too', () => {
    const rules = loader();
    rules.update(files({ 'a.yml': rule('a', 'one'), 'c.yml': count }));
    const update = rules.update(files({ 'a.yml': rule('a', 'one'), 'c.yml': count.replace('[a]', '[nobody]') }));
    expect(update.kept).toEqual(['c.yml']);
    expect(update.ruleset.byId.has('c')).toBe(true);
  });

  test('a file that did not fit is tried again when others change, in whatever order files are saved', () => {
    const rules = loader();
    rules.update(files({ 'a.yml': rule('a', 'one'), 'c.yml': count }));
    const other = count.replace('[a]', '[a2]');
    expect(rules.update(files({ 'a.yml': rule('a', 'one'), 'c.yml': other })).kept).toEqual(['c.yml']);
    const update = rules.update(files({ 'a.yml': rule('a2', 'one'), 'c.yml': other }));
    expect(update).toMatchObject({ compiled: ['a.yml'], kept: [], problems: [], added: ['a2'], removed: ['a'], changed: ['c'] });
  });

  test('a rule that gives up its name no longer answers to it', () => {
    const rules = loader();
    const named = rule('a', 'one').replace('id: a', 'id: a\nname: n');
    rules.update(files({ 'a.yml': named, 'c.yml': count.replace('[a]', '[n]') }));
    const { problems } = rules.update(files({ 'a.yml': rule('a', 'one'), 'c.yml': count.replace('[a]', '[n]') }));
    expect(problems.map(({ code }) => code)).toEqual(['ref/unknown-rule']);
  });

  test('a broken file is told of for as long as it is broken, whatever else changes', () => {
    const rules = loader();
    rules.update(files({ 'a.yml': rule('a', 'one'), 'b.yml': rule('b', 'two') }));
    rules.update(files({ 'a.yml': 'title: [', 'b.yml': rule('b', 'two') }));
    const update = rules.update(files({ 'a.yml': 'title: [', 'b.yml': rule('b', 'three') }));
    expect(update).toMatchObject({ compiled: ['b.yml'], kept: ['a.yml'], changed: ['b'] });
    expect(update.problems.map(({ place }) => place.file)).toEqual(['a.yml']);
  });

  test('a new file that is broken is left out, a file that went is gone', () => {
    const rules = loader();
    rules.update(files({ 'a.yml': rule('a', 'one'), 'b.yml': rule('b', 'two') }));
    const update = rules.update(files({ 'a.yml': rule('a', 'one'), 'd.yml': 'title: [' }));
    expect(update).toMatchObject({ kept: [], removed: ['b'], added: [] });
    expect([...update.ruleset.byId.keys()]).toEqual(['a']);
  });
});
