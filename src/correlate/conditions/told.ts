import type { JsonValue } from '../../shared/json.ts';
import type { Decision } from '../firing.ts';

/** What an anomaly says of itself in the decision trail: what it looked at, its baseline, what it expected and saw, how sure it is. */
export type Told = {
  readonly what: string;
  readonly baseline: string;
  readonly expected: JsonValue;
  readonly observed: JsonValue;
  /** 0.5 at the threshold, towards 1 beyond it. */
  readonly confidence: number;
};

export const decisionsOf = ({ what, baseline, expected, observed, confidence }: Told): readonly Decision[] => [
  { condition: what, expected, observed },
  { condition: 'baseline', expected: baseline, observed },
  { condition: 'confidence', expected: 'at least 0.5', observed: rounded(confidence) },
];

/** Four digits that count, so that a person can read it. */
export const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value > 0 ? 1e308 : -1e308);
