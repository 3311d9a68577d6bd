import { ANOMALY_CASES, anomalyCase, correlatedCase } from './anomaly.ts';
import { stateBytes } from './anomaly-state.ts';
import { compileCase, groupsCase, loadCase, readCase, replaceCase } from './compile.ts';
import { publicRules } from './corpus.ts';
import { HOSTILE, hostileCase, hostileDifferences, hostileParseCase } from './hostile.ts';
import { compiledCase, originalCase, sameCount } from './json-rules.ts';
import { ledgerCase } from './ledger.ts';
import { allRules, type Case, differences, matchCase, objectCase, parseCase } from './sigma.ts';
import { windowSizes } from './windows.ts';

type Group = {
  /** Wrong results; none means that ratios may be printed. */
  readonly gate: () => readonly string[] | Promise<readonly string[]>;
  /** The first is the reference. */
  readonly cases: Readonly<Record<string, (every: number) => Case>>;
  /** The greatest ratio to the reference that is good enough, by case: a run says which were missed, and ends with 1. */
  readonly marks?: Readonly<Record<string, number>>;
  /** What is measured beside time: lines to print, and marks that were missed. */
  readonly sizes?: () => { readonly lines: readonly string[]; readonly missed: readonly string[] };
};

export type GroupName =
  | 'sigma'
  | 'growth'
  | 'json-rules'
  | 'json-rules-100'
  | 'json-rules-10'
  | 'json-rules-1'
  | 'compile'
  | 'ledger'
  | 'anomaly'
  | 'windows'
  | 'hostile';

/** The same rules for the matcher and for the package; few events for the package, which asks every rule of each. */
const jsonRules = (rules: number, events: number, originalEvents: number): Group => ({
  gate: () => sameCount(Math.min(rules, 100), 200),
  cases: { wardline: () => compiledCase(rules, events), original: () => originalCase(rules, originalEvents) },
});

/** Every group of cases, in one list. */
export const GROUPS: Readonly<Record<GroupName, Group>> = {
  sigma: {
    gate: () => differences(200, allRules()),
    cases: { parse: parseCase, wardline: (every) => matchCase(every, allRules()), objects: (every) => objectCase(every, allRules()) },
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
  ledger: {
    gate: () => [],
    cases: { wardline: (every) => matchCase(every, allRules()), ledger: ledgerCase },
  },
  'json-rules': jsonRules(1000, 20_000, 20),
  'json-rules-100': jsonRules(100, 20_000, 200),
  'json-rules-10': jsonRules(10, 20_000, 2000),
  'json-rules-1': jsonRules(1, 20_000, 5000),
  compile: {
    gate: () => [],
    cases: {
      'parse-yaml': () => readCase(),
      load: () => loadCase(),
      compile: () => compileCase(),
      replace: () => replaceCase(),
      groups: groupsCase,
    },
  },
  hostile: {
    gate: hostileDifferences,
    cases: { parse: hostileParseCase, ...Object.fromEntries(HOSTILE.map((name) => [name, () => hostileCase(name)])) },
  },
  /** Per matching event, against parsing one; and what a group holds. */
  anomaly: {
    gate: () => [],
    cases: {
      parse: parseCase,
      ...Object.fromEntries(ANOMALY_CASES.map((name) => [name, () => anomalyCase(name)])),
      // A pane for each match: what the twenty-two views cost.
      'change-panes': () => anomalyCase('change', 3600, 20),
      'spike-correlated': () => correlatedCase('spike'),
    },
    marks: Object.fromEntries(ANOMALY_CASES.map((name) => [name, 0.1])),
    sizes: stateBytes,
  },
  /** Lines with time and bytes of their own (bench/windows.ts). */
  windows: { gate: () => [], cases: {}, sizes: windowSizes },
};
