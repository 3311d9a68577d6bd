import { Engine } from 'json-rules-engine';
import { DEFAULT_LIMITS, decode } from '../src/decode/decode.ts';
import { createMatchBuffer, createMatcher } from '../src/detect/matcher.ts';
import { createNormalizer } from '../src/normalize/normalizer.ts';
import { loadRules } from '../src/rule/load.ts';
import type { Case } from './sigma.ts';

type Leaf = { readonly fact: string; readonly operator: string; readonly value: unknown };
type Rule = {
  readonly id: string;
  readonly title: string;
  readonly conditions: { readonly all: readonly Leaf[] };
  readonly event: { readonly type: string };
};

const USERS = 200;
const ACTIONS = ['login', 'logout', 'read', 'write', 'delete', 'grant'];

/** Rules of three conditions over plain facts; about one in a few hundred holds for an event. */
function rules(count: number): readonly Rule[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `r${n}`,
    title: `rule ${n}`,
    conditions: {
      all: [
        { fact: 'user', operator: 'equal', value: `user-${n % USERS}` },
        { fact: 'action', operator: 'in', value: [ACTIONS[n % ACTIONS.length], ACTIONS[(n + 1) % ACTIONS.length]] },
        { fact: 'bytes', operator: 'greaterThan', value: (n * 37) % 5000 },
      ],
    },
    event: { type: 'x' },
  }));
}

const events = (count: number): readonly Record<string, string | number>[] =>
  Array.from({ length: count }, (_, n) => ({
    user: `user-${(n * 7) % USERS}`,
    action: ACTIONS[(n * 5) % ACTIONS.length] as string,
    bytes: (n * 131) % 6000,
    host: `host-${n % 50}`,
  }));

/** The original: every rule asked for every event. */
export function originalCase(ruleCount: number, eventCount: number): Case & { readonly runAsync: () => Promise<number> } {
  const engine = new Engine(rules(ruleCount).map(({ conditions, event }) => ({ conditions, event })) as never, {
    allowUndefinedFacts: true,
  });
  const list = events(eventCount);
  const runAsync = async (): Promise<number> => {
    let matches = 0;
    for (const event of list) matches += (await engine.run({ ...event })).events.length;
    return matches;
  };
  return { name: `json-rules-engine, ${ruleCount} rules`, events: eventCount, run: () => 0, runAsync };
}

/** The same rules and events through the matcher, from bytes. */
export function compiledCase(ruleCount: number, eventCount: number): Case {
  const { ruleset } = loadRules(rules(ruleCount).map((rule) => ({ path: `${rule.id}.json`, text: JSON.stringify(rule) })));
  const matcher = createMatcher(ruleset.detections);
  const normalizer = createNormalizer({ format: 'json' });
  const found = createMatchBuffer();
  const lines = events(eventCount).map((event) => Buffer.from(JSON.stringify(event)));
  const headers = new Map<string, string>();
  return {
    name: `wardline, ${ruleCount} rules`,
    events: eventCount,
    run() {
      let matches = 0;
      lines.forEach((bytes, n) => {
        const record = { source: 'bench', partition: 0, offset: BigInt(n), appendedAt: 1_800_000_000_000, bytes, headers };
        for (const decoded of decode(record, DEFAULT_LIMITS).documents) {
          found.count = 0;
          matcher.match(normalizer.normalize(record, decoded), found);
          matches += found.count;
        }
      });
      return matches;
    },
  };
}

/** Both must find the same number of rules for the same events. */
export async function sameCount(ruleCount: number, eventCount: number): Promise<readonly string[]> {
  const original = await originalCase(ruleCount, eventCount).runAsync();
  const compiled = compiledCase(ruleCount, eventCount).run();
  return original === compiled ? [] : [`${original} matches of the original, ${compiled} of the matcher`];
}
