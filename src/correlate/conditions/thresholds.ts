import { compareNumbers } from '../../detect/reference.ts';
import type { Threshold } from '../../rule/ir/rule.ts';
import type { Decision } from '../firing.ts';

/** True when more can only help: every comparison asks for at least so much. */
export const rising = (thresholds: readonly Threshold[]): boolean =>
  thresholds.every(({ compare }) => compare === 'gt' || compare === 'gte');

export const meets = (observed: number, thresholds: readonly Threshold[]): boolean =>
  thresholds.every(({ compare, value }) => (compare === 'neq' ? observed !== value : compareNumbers(observed, compare, value)));

/** The least whole number that meets thresholds which only rise. */
export const least = (thresholds: readonly Threshold[]): number =>
  thresholds.reduce((most, { compare, value }) => Math.max(most, compare === 'gt' ? Math.floor(value) + 1 : Math.ceil(value)), 0);

export const decisionOf = (kind: string, observed: number, thresholds: readonly Threshold[]): readonly Decision[] =>
  thresholds.map(({ compare, value }) => ({ condition: `${kind} ${compare}`, expected: value, observed }));
