import { loadCase, readCase } from './compile.ts';
import { publicRules } from './corpus.ts';
import { compiledCase, originalCase, sameCount } from './json-rules.ts';
import { allRules, type Case, differences, matchCase, parseCase } from './sigma.ts';

type Group = {
  /** Wrong results; none means that ratios may be printed. */
  readonly gate: () => readonly string[] | Promise<readonly string[]>;
  /** The first is the reference. */
  readonly cases: Readonly<Record<string, (every: number) => Case>>;
};

export type GroupName = 'sigma' | 'growth' | 'json-rules' | 'compile';

/** Every group of cases, in one list. */
export const GROUPS: Readonly<Record<GroupName, Group>> = {
  sigma: {
    gate: () => differences(200, allRules()),
    cases: { parse: parseCase, wardline: (every) => matchCase(every, allRules()) },
  },
  growth: {
    gate: () => [],
    cases: {
      'rules-10': (every) => matchCase(every, publicRules(10)),
      'rules-100': (every) => matchCase(every, publicRules(100)),
      'rules-1000': (every) => matchCase(every, publicRules(1000)),
      'rules-10000': (every) => matchCase(every, publicRules(10_000)),
    },
  },
  'json-rules': {
    gate: () => sameCount(100, 200),
    cases: {
      wardline: () => compiledCase(1000, 20_000),
      original: () => originalCase(1000, 20),
    },
  },
  compile: {
    gate: () => [],
    cases: {
      'parse-yaml': () => readCase(),
      load: () => loadCase(),
    },
  },
};
