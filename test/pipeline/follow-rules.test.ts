import { expect, test } from 'vitest';
import { followRules } from '../../src/pipeline/distributed/activation.ts';
import { createBundler } from '../../src/pipeline/distributed/bundle.ts';
import type { RuleBundle } from '../../src/pipeline/run-options.ts';
import { createRulesetLog } from '../../src/transport/ruleset-log.ts';
import { memoryKeyedLog } from '../support/keyed-log.ts';

const rules = (text: string): RuleBundle => ({ files: [{ path: 'rules/a.yml', text }], placeholders: {} });
const SOUND = 'title: a\nid: a\nlogsource: {category: test}\ndetection: {s: {word: x}, condition: s}\n';

test('rules of the distributed form that break say in which files; a folder that is away is told once, and its return', async () => {
  const ended = new AbortController();
  const away = (): never => {
    throw new Error('there is no folder');
  };
  const sound = rules(SOUND);
  const looks = [() => sound, () => sound, () => rules(''), away, away, away, () => sound, () => sound];
  const judged: (readonly string[])[] = [];
  const said: string[] = [];
  const log = (_fields: object, text: string): void => void said.push(text);
  const bundler = createBundler();
  let look = 0;
  await followRules(
    {
      log: createRulesetLog(memoryKeyedLog(), () => 'x'),
      matches: { partitions: async () => 1, append: async () => undefined } as never,
      refresh: async () => undefined,
      bundle: () => bundler((looks[look++] as () => RuleBundle)()),
      told: async () => undefined,
      judged: (broken) => judged.push(broken),
      clock: { now: () => 0, sleep: async () => void (look === looks.length && ended.abort()) },
      logger: { debug: log, info: log, warn: log, error: log },
    },
    ended.signal,
  );
  expect(judged).toEqual([['rules/a.yml'], []]);
  expect(said.filter((text) => text.startsWith('rules could not be read'))).toHaveLength(1);
  expect(said.filter((text) => text.startsWith('the rules can be read again'))).toHaveLength(1);
});
