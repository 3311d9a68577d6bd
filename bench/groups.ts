import { publicRules } from './corpus.ts';
import { allRules, type Case, differences, matchCase, parseCase } from './sigma.ts';

type Group = {
  /** Wrong results; none means that ratios may be printed. */
  readonly gate: () => readonly string[];
  /** The first is the reference. */
  readonly cases: Readonly<Record<string, (every: number) => Case>>;
};

export type GroupName = 'sigma' | 'growth';

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
};
