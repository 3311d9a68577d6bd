import type { PlainMap } from '../document.ts';
import { MAX_GROUP_MATCHES, type Threshold } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';

export const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
const PATH = ['correlation', 'condition'] as const;

/** Numbers that a condition may find: whole ones or all, from the least to the most; `why` says why there are no others. */
export type Domain = { readonly whole: boolean; readonly least: number; readonly most: number; readonly why?: string };

/** The comparisons of a condition; undefined after a reported error. */
export function readThresholds(value: PlainMap, domain: Domain, report: ProblemReporter): readonly Threshold[] | undefined {
  const thresholds: Threshold[] = [];
  let wrong = false;
  const error = (key: string, message: string, what: 'key' | 'value' = 'value'): void => {
    wrong = true;
    report.error([...PATH, key], 'correlation/condition', message, undefined, what);
  };
  for (const [key, bound] of Object.entries(value)) {
    const compare = OPERATORS.find((known) => known === key);
    if (compare === undefined) {
      if (key !== 'field' && key !== 'percentile') error(key, `"${key}" is no comparison; write one of ${OPERATORS.join(', ')}`, 'key');
    } else if (typeof bound !== 'number' || !Number.isFinite(bound)) error(key, `"${key}" takes a number`);
    else if (domain.whole && (!Number.isInteger(bound) || bound < 0)) error(key, `a count is a whole number from 0, not ${bound}`);
    else if (domain.whole && compare === 'gte' && bound === 0) error(key, 'every count is at least 0; write gte: 1, or more');
    else thresholds.push({ compare, value: bound });
  }
  if (wrong) return undefined;
  if (thresholds.length > 0) return thresholds;
  report.error(PATH, 'correlation/condition', `the condition compares nothing; write one of ${OPERATORS.join(', ')}`);
  return undefined;
}

/** Tells of thresholds that no number meets: the rule could never fire. */
export function reportNever(thresholds: readonly Threshold[], domain: Domain, report: ProblemReporter): void {
  const written = thresholds.map(({ compare, value }) => `${compare} ${value}`).join(' and ');
  if (thresholds.length === 0) return;
  if (!possible(thresholds, { ...domain, least: -Infinity, most: Infinity }))
    report.error(PATH, 'correlation/never', `no number meets ${written}; the rule can never fire`);
  else if (!possible(thresholds, domain))
    report.error(PATH, 'correlation/never', `${written} never holds: ${domain.why ?? `it is from ${domain.least} to ${domain.most}`}`);
  else if (domain.whole && !possible(thresholds, { ...domain, most: MAX_GROUP_MATCHES }))
    report.warn(PATH, 'correlation/never', `${written} is never seen: of one group at most ${MAX_GROUP_MATCHES} matches are kept`);
}

/** Does some number of the domain meet all thresholds? Between two neighbouring bounds all numbers are alike. */
function possible(thresholds: readonly Threshold[], { whole, least, most }: Domain): boolean {
  const bounds = [...thresholds.map(({ value }) => value), least, most].filter(Number.isFinite).sort((a, b) => a - b);
  const around = bounds.flatMap((bound, i) => [bound - 1, bound, bound + 1, (bound + (bounds[i + 1] ?? bound)) / 2]);
  return around
    .filter((one) => one >= least && one <= most && (!whole || Number.isInteger(one)))
    .some((one) => thresholds.every((threshold) => meets(one, threshold)));
}

function meets(observed: number, { compare, value }: Threshold): boolean {
  switch (compare) {
    case 'gt':
      return observed > value;
    case 'gte':
      return observed >= value;
    case 'lt':
      return observed < value;
    case 'lte':
      return observed <= value;
    case 'eq':
      return observed === value;
    case 'neq':
      return observed !== value;
  }
}
