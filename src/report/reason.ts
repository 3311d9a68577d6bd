/** Why something is not satisfied: a closed list. */
export const REASONS = {
  'criterion-not-met': 'The measured value is outside the limit.',
  'source-silent': 'A source sent nothing for longer than its heartbeat.',
  'source-undeclared': 'Which sources must report is not declared, so a missing one would not be noticed.',
  'source-unprovable': 'The source cannot show that nothing is missing.',
  'completeness-low': 'Records were lost before they could be read.',
  'late-data': 'Records of the interval may still arrive or be unread.',
  'parse-failure': 'Records could not be read and became dead letters.',
  'accounting-mismatch': 'The counts of the engine do not add up.',
  'rule-disabled': 'A rule was not part of the active ruleset or was switched off.',
  'rule-error': 'A rule could not be evaluated.',
  'state-limit': 'A rule dropped state to stay within its budget.',
  'canary-missed': 'An injected test was not seen in time.',
  'canary-stale': 'No injected test is recent enough.',
  'no-population': 'There was nothing to decide about.',
  'param-missing': 'A parameter has no value.',
  'evidence-expired': 'The evidence is older than it may be.',
  'attestation-missing': 'Nobody has signed the statement.',
  'attestation-expired': 'The signed statement has run out.',
  'integrity-broken': 'The ledger does not verify.',
  'engine-restart-gap': 'The engine was down and the source cannot be read again.',
  'clock-skew': 'A clock is out of tolerance.',
  'sampling-only': 'Only a sample was examined.',
  'manual-only': 'No log can decide this; a person must.',
} as const;

export type Reason = keyof typeof REASONS;

export function sortedReasons(reasons: Iterable<Reason>): Reason[] {
  return [...new Set(reasons)].sort();
}
