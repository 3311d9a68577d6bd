import type { Nanos } from '../../event/time.ts';
import { tryParseDuration } from '../../shared/duration.ts';
import { logicDigest } from '../digest.ts';
import { isMap, type Plain } from '../document.ts';
import type { Expr } from '../ir/expr.ts';
import { type AsOf, type AsOfFinding, type Correlation, type Detection, JOIN_KEYS, type JoinKey, type Rule } from '../ir/rule.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from '../sigma/meta.ts';
import { LET_THROUGH } from './let-through.ts';
import { reportUnknown } from './read.ts';

/** `decision` of a policy: every access must have a decision of a policy point behind it. */
export type DecisionSettings = {
  readonly join: readonly JoinKey[];
  readonly maxAge: Nanos;
  readonly skew: Nanos;
  readonly revisions: string | undefined;
};

const MINUTE = 60_000_000_000n;

export function readDecision(value: Plain, report: ProblemReporter): DecisionSettings | undefined {
  const path = ['decision'];
  if (!isMap(value)) {
    report.error(path, 'policy/decision', 'decision is a map of join, max_age, skew, revisions');
    return undefined;
  }
  reportUnknown(value, ['required', 'join', 'max_age', 'skew', 'revisions'], path, report);
  const join = value['join'] === undefined ? JOIN_KEYS : textsOf(value['join']);
  join.forEach((key, i) => {
    if (!JOIN_KEYS.some((known) => known === key))
      report.error([...path, 'join', i], 'policy/decision', `"${key}" is no key to join by; one of ${JOIN_KEYS.join(', ')}`);
  });
  return {
    join: join as readonly JoinKey[],
    maxAge: readDuration(value['max_age'], [...path, 'max_age'], 5n * MINUTE, report),
    skew: readDuration(value['skew'], [...path, 'skew'], MINUTE / 12n, report),
    revisions: textOf(value['revisions']),
  };
}

export function readDuration(value: Plain | undefined, path: DocumentPath, otherwise: Nanos, report: ProblemReporter): Nanos {
  const text = textOf(value);
  if (text === undefined) return otherwise;
  if (text === '0s' || text === '0') return 0n;
  const found = tryParseDuration(text);
  if (found === undefined) report.error(path, 'value/bad-duration', `"${text}" is not a duration; write 5m or 1h`);
  return found ?? otherwise;
}

/** What may be wrong about the decision behind an access (zero-trust page, section 6). */
const FINDINGS: readonly AsOfFinding[] = [
  { id: 'no decision', detector: 'ZT-02', none: true },
  { id: 'let through after a deny', detector: 'ZT-02', record: [{ field: 'wardline.decision.outcome', in: ['deny'] }] },
  {
    id: 'decision for another subject, resource or action',
    detector: 'ZT-02',
    differs: ['user.id', 'wardline.access.subject.spiffe', 'wardline.access.resource.service', 'wardline.access.action'],
  },
  { id: 'decision has expired', detector: 'ZT-03', expired: 'wardline.decision.expires_at' },
  { id: 'single decision used again', detector: 'ZT-03', record: [{ field: 'wardline.decision.reuse', in: ['single'] }], reused: true },
  { id: 'revision not approved', detector: 'ZT-14', record: [{ field: 'wardline.decision_revision', in: ['unapproved'] }] },
  { id: 'failed open', detector: 'ZT-15', record: [{ field: 'wardline.decision.mode', in: ['fail_open'] }] },
  { id: 'decision point failed, access let through', detector: 'ZT-15', record: [{ field: 'wardline.decision.outcome', in: ['error'] }] },
  {
    id: 'decision allows what the policy denies',
    detector: 'ZT-16',
    record: [{ field: 'wardline.decision.outcome', in: ['allow'] }],
    access: [{ field: 'wardline.policy.verdict', in: ['deny'] }],
  },
];

/** Fields that findings read, each once. */
export function fieldsOf(findings: readonly AsOfFinding[]): readonly string[] {
  const fields = findings.flatMap(({ record = [], access = [], expired, older, differs = [] }) => [
    ...[...record, ...access].map(({ field }) => field),
    ...differs,
    ...[expired, older?.field].filter((field) => field !== undefined),
  ]);
  return [...new Set(fields)].sort();
}

const DECISION = 'wardline.decision.outcome';
const A_DECISION: Expr = {
  op: 'and',
  of: [
    { op: 'present', field: DECISION },
    { op: 'not', of: { op: 'text', field: 'wardline.decision.mode', pattern: ['dry_run'], cased: false } },
  ],
};

/** The rules that hold a policy's accesses against the decisions behind them. */
export function reconcile(
  policy: Pick<Detection, 'id' | 'meta'>,
  scope: Expr,
  { join, maxAge, skew, revisions }: DecisionSettings,
): readonly Rule[] {
  const member = (role: 'access' | 'decision', expr: Expr): Detection => ({
    kind: 'detection',
    id: `${policy.id}/${role}`,
    language: 'policy',
    logsource: undefined,
    expr,
    meta: { ...policy.meta, title: `${policy.meta.title}: ${role}` },
    dedup: 'each',
    alerts: false,
    join: { role, keys: join, revisions },
    logicDigest: logicDigest({ expr, role, join, revisions: revisions ?? null }),
  });
  const access = member('access', { op: 'and', of: [scope, LET_THROUGH] });
  const decision = member('decision', A_DECISION);
  const condition: AsOf = {
    kind: 'as_of',
    subject: access.id,
    reference: decision.id,
    within: maxAge,
    skew,
    findings: FINDINGS,
    fields: fieldsOf(FINDINGS),
  };
  const correlation: Correlation = {
    kind: 'correlation',
    id: `${policy.id}/reconciled`,
    members: [access.id, decision.id],
    groupBy: [{ name: 'wardline.join', fields: new Map() }],
    timespan: maxAge,
    condition,
    options: {},
    generate: false,
    alerts: true,
    meta: { ...policy.meta, title: `${policy.meta.title}: no decision that stands behind the access` },
    logicDigest: logicDigest({ condition, join }),
  };
  return [access, decision, correlation];
}
