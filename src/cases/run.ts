import type { Event } from '../event/event.ts';
import type { NearMiss } from '../explain/near-miss.ts';
import type { Story } from '../explain/story.ts';
import type { ReadCases } from '../rule/cases/case-file.ts';
import type { Case, CaseFile } from '../rule/cases/schema.ts';
import type { SourceDocument } from '../rule/document.ts';
import type { Ruleset } from '../rule/load.ts';
import { messageOf, type Place } from '../shared/errors.ts';
import type { Library } from './beside.ts';
import { type Misfit, misfits } from './compare.ts';
import { type Broken, brokenProperties, type PropertyLevel } from './properties.ts';
import { deliveriesOf } from './records.ts';
import { createTrial, type Outcome } from './trial.ts';
import { type Update, updatesOf } from './update.ts';

/** One case that was run. */
export type CaseResult = {
  readonly file: string;
  readonly place: Place;
  readonly name: string;
  readonly passed: boolean;
  readonly misfits: readonly Misfit[];
  /** Where an alert is missing: how near its rule came. */
  readonly nearest: readonly string[];
  readonly broken: readonly Broken[];
  /** The lists of the case as they would have to be. */
  readonly updates: readonly Update[];
  readonly ms: number;
};

export type Observed = {
  readonly ruleset: Ruleset;
  /** The documents of the rule files the case is about. */
  readonly documents: readonly SourceDocument[];
  readonly events: readonly Event[];
  readonly outcome: Outcome;
};

export type RunCasesOptions = {
  readonly properties: PropertyLevel;
  readonly seed: number;
  /** Milliseconds, for how long a case took. */
  readonly now: () => number;
  /** Told of each case what it was run with, for coverage and explanations. */
  readonly observe?: (seen: Observed) => void;
};

/** Runs the cases of a file whose names `wanted` takes; a rule or event that cannot be used fails its case alone. */
export function runCases(
  read: ReadCases,
  library: Library,
  wanted: (name: string) => boolean,
  options: RunCasesOptions,
): readonly CaseResult[] {
  const { cases, path, placeOf } = read;
  if (cases === undefined) return [];
  return cases.cases.flatMap((one, n) => {
    if (!wanted(one.name)) return [];
    const began = options.now();
    const found = judge(path, cases, n, library, options);
    const passed = found.misfits.length + found.broken.length === 0;
    return [{ file: path, place: placeOf(n), name: one.name, passed, ...found, ms: options.now() - began }];
  });
}

function judge(
  path: string,
  cases: CaseFile,
  n: number,
  library: Library,
  { properties, seed, observe }: RunCasesOptions,
): Pick<CaseResult, 'misfits' | 'nearest' | 'broken' | 'updates'> {
  const one = cases.cases[n] as Case;
  try {
    const base = cases.base ?? {};
    const ruleset = library.rulesetOf(path, cases, one);
    const trial = createTrial(ruleset, base, (steps) => library.rulesetOf(path, cases, one, steps));
    const deliveries = deliveriesOf(one, base, (name) => library.linesOf(path, name));
    const outcome = trial.run(deliveries);
    if (observe !== undefined) {
      const documents = library.filesOf(path, cases).flatMap(({ drafts }) => drafts.map(({ document }) => document));
      observe({ ruleset, documents, events: trial.events(deliveries), outcome });
    }
    const result = one.verdicts === undefined ? outcome : { ...outcome, verdicts: trial.verdicts(deliveries) };
    const wrong = misfits(result, one, ruleset);
    const own = new Set(library.filesOf(path, cases).map((file) => file.path));
    const rules = ruleset.correlations.filter(({ meta }) => own.has(meta.place.file));
    const near =
      one.near === undefined && wrong.every(({ kind }) => kind !== 'missing')
        ? []
        : rules.flatMap((rule) => nearestOf(trial.story(rule, deliveries)));
    return {
      misfits: [...wrong, ...nearMisfits(near, one)],
      nearest: near.map(({ text }) => text),
      broken: brokenProperties(trial, deliveries, outcome, properties, seed),
      updates: updatesOf(n, one, result, ruleset),
    };
  } catch (error) {
    return { misfits: [{ kind: 'fault', message: messageOf(error) }], nearest: [], broken: [], updates: [] };
  }
}

const nearestOf = ({ groups }: Story): readonly NearMiss[] => groups.flatMap(({ miss }) => miss ?? []).slice(0, 3);

/** `near: {missing: n}`: the nearest miss lacked so much. */
function nearMisfits(near: readonly NearMiss[], { near: wanted }: Case): readonly Misfit[] {
  if (wanted === undefined || near.some(({ missing }) => missing === wanted.missing)) return [];
  const got = near.length === 0 ? 'there is no near miss' : `got: ${near.map(({ text }) => text).join('; ')}`;
  return [{ kind: 'fault', message: `expected a near miss that lacks ${wanted.missing}, ${got}` }];
}
