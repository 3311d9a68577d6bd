import { tryParseDuration } from '../../shared/duration.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { nearest } from '../../shared/nearest.ts';
import { isMap, type Plain, type PlainMap } from '../document.ts';
import type { ContextStoreName, Fact } from '../ir/condition.ts';
import type { Expr, JsonOperator, Predicate } from '../ir/expr.ts';
import type { Check, Question } from '../ir/policy.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from '../sigma/meta.ts';
import { askExpr, field } from './question.ts';
import { reportUnknown } from './read.ts';

/** Strengths of authentication, weakest first. */
export const STRENGTHS = ['none', 'single', 'otp-push', 'phishing-resistant'] as const;
/** How sensitive data is, least first. */
export const SENSITIVITIES = ['public', 'internal', 'confidential', 'restricted'] as const;

/** Reads one check of `require`: one or several questions, or undefined after a reported problem. */
type Reader = (value: Plain, path: DocumentPath, report: ProblemReporter) => readonly Check[] | undefined;

const equals = (name: string, text: string): Expr => ({ op: 'text', field: name, pattern: [text], cased: false });
const anyOf = (name: string, texts: readonly string[]): Expr => ({ op: 'or', of: texts.map((text) => equals(name, text)) });
const stored = (store: ContextStoreName, keys: readonly string[], params: JsonObject = {}): Fact => ({
  kind: 'context',
  store,
  params,
  keys,
});
const compares = (fact: Fact, operator: JsonOperator, value: JsonValue): Question => ({
  op: 'leaf',
  leaf: { op: 'leaf', fact, operator, decorators: [], value: { kind: 'constant', value } },
});

function wrong(path: DocumentPath, report: ProblemReporter, message: string): undefined {
  report.error(path, 'policy/check', message);
  return undefined;
}

/** The field has one of these texts. */
function oneOf(name: string, of: string, detector: string): Reader {
  return (value, path, report) => {
    const wanted = textsOf(value);
    if (wanted.length === 0) return wrong(path, report, `"${name}" takes a text or a list of texts`);
    return [{ name, fact: field(of), wanted: wanted.join(' or '), ask: askExpr(anyOf(of, wanted)), detector }];
  };
}

/** A number of the event is at most this. */
function atMost(name: string, of: string, detector: string): Reader {
  return (value, path, report) => {
    if (typeof value !== 'number') return wrong(path, report, `"${name}" takes a number`);
    const expr: Predicate = { op: 'number', field: of, compare: 'lte', value };
    return [{ name, fact: field(of), wanted: `at most ${value}`, ask: { op: 'event', expr }, detector }];
  };
}

/** A time of the event or a store lies at most this long before the access. */
function ageCheck(
  name: string,
  fact: Fact,
  value: Plain,
  path: DocumentPath,
  report: ProblemReporter,
  detector: string,
): Check | undefined {
  const text = textOf(value);
  const atMostAge = text === undefined ? undefined : tryParseDuration(text);
  if (atMostAge === undefined) return wrong(path, report, `"${name}" takes a duration such as 1h, not "${text}"`);
  return { name, fact, wanted: `at most ${text} old`, ask: { op: 'age', fact, atMost: atMostAge }, detector };
}

const mtls: Reader = (value, path, report) => {
  const of = 'wardline.access.mtls';
  if (value !== true) return wrong(path, report, '"mtls" takes true; leave it out where it is not asked for');
  return [
    {
      name: 'mtls',
      fact: field(of),
      wanted: 'true',
      ask: { op: 'event', expr: { op: 'boolean', field: of, value: true } },
      detector: 'ZT-09',
    },
  ];
};

const tlsMin: Reader = (value, path, report) => {
  const version = Number(textOf(value));
  const of = 'tls.version';
  if (!(version >= 1 && version < 2)) return wrong(path, report, '"tls_min" takes a version such as "1.2"');
  const expr: Predicate = { op: 'number', field: of, compare: 'gte', value: version };
  return [{ name: 'tls_min', fact: field(of), wanted: `at least ${version}`, ask: { op: 'event', expr }, detector: 'ZT-09' }];
};

const MFA = 'wardline.access.auth.strength';
const mfa: Reader = (value, path, report) => {
  const map: PlainMap = isMap(value) ? value : { strength: value };
  reportUnknown(map, ['strength', 'max_age'], path, report);
  const strength = textOf(map['strength']);
  const from = (STRENGTHS as readonly (string | undefined)[]).indexOf(strength);
  if (map['strength'] !== undefined && from < 0) return wrong(path, report, `"mfa" takes strength: one of ${STRENGTHS.join(', ')}`);
  const checks: Check[] = [];
  if (from >= 0)
    checks.push({
      name: 'mfa',
      fact: field(MFA),
      wanted: `at least ${strength}`,
      ask: askExpr(anyOf(MFA, STRENGTHS.slice(from))),
      detector: 'ZT-04',
    });
  if (map['max_age'] === undefined) return checks;
  const age = ageCheck('mfa.max_age', field('wardline.access.auth.at'), map['max_age'], [...path, 'max_age'], report, 'ZT-04');
  return age && [...checks, age];
};

const device: Reader = (value, path, report) => {
  if (!isMap(value)) return wrong(path, report, '"device" is a map of managed, posture, posture_max_age');
  reportUnknown(value, ['managed', 'posture', 'posture_max_age', 'owner'], path, report);
  const checks: (Check | undefined)[] = [];
  const { managed, posture, posture_max_age: age, owner } = value as PlainMap;
  const add = (name: string, keys: readonly string[], operator: JsonOperator, wanted: JsonValue, words: string): void => {
    const fact = stored('device', keys);
    checks.push({ name: `device.${name}`, fact, wanted: words, ask: compares(fact, operator, wanted), detector: 'ZT-05' });
  };
  if (managed !== undefined) {
    if (typeof managed !== 'boolean') return wrong([...path, 'managed'], report, '"managed" takes true or false');
    add('managed', ['managed'], 'equal', managed, String(managed));
  }
  if (posture !== undefined) add('posture', ['posture', 'state'], 'in', [...textsOf(posture)], textsOf(posture).join(' or '));
  if (owner !== undefined) add('owner', ['owner'], 'in', [...textsOf(owner)], textsOf(owner).join(' or '));
  if (age !== undefined)
    checks.push(
      ageCheck('device.posture_max_age', stored('device', ['posture', 'reported_at']), age, [...path, 'posture_max_age'], report, 'ZT-05'),
    );
  return checks.includes(undefined) ? undefined : checks.filter((check) => check !== undefined);
};

const zone: Reader = (value, path, report) => {
  const map: PlainMap = isMap(value) ? value : { source: value };
  reportUnknown(map, ['source', 'destination'], path, report);
  return (['source', 'destination'] as const).flatMap((side) => {
    const wanted = textsOf(map[side]);
    if (wanted.length === 0) return [];
    const fact = stored('zone', ['id'], { of: `${side}.ip` });
    return [{ name: `zone.${side}`, fact, wanted: wanted.join(' or '), ask: compares(fact, 'in', [...wanted]), detector: 'ZT-06' }];
  });
};

/** The subject is in one of these groups (or has one of these roles), as the identity store knows. */
function member(name: string, key: string): Reader {
  return (value, path, report) => {
    const wanted = textsOf(value);
    if (wanted.length === 0) return wrong(path, report, `"${name}" takes a text or a list of texts`);
    const fact = stored('identity', [key]);
    const ask: Question = { op: 'any', of: wanted.map((one) => compares(fact, 'contains', one)) };
    return [{ name, fact, wanted: wanted.join(' or '), ask, detector: 'ZT-01' }];
  };
}

const identity: Reader = (value, path, report) => {
  if (!isMap(value)) return wrong(path, report, '"identity" is a map of type, state, risk_max');
  reportUnknown(value, ['type', 'state', 'risk_max'], path, report);
  const checks: Check[] = [];
  for (const key of ['type', 'state'] as const) {
    const wanted = textsOf(value[key]);
    const fact = stored('identity', [key]);
    if (wanted.length > 0)
      checks.push({
        name: `identity.${key}`,
        fact,
        wanted: wanted.join(' or '),
        ask: compares(fact, 'in', [...wanted]),
        detector: 'ZT-17',
      });
  }
  const { risk_max: risk } = value as PlainMap;
  if (risk === undefined) return checks;
  if (typeof risk !== 'number') return wrong([...path, 'risk_max'], report, '"risk_max" takes a number');
  const fact = stored('identity', ['risk']);
  return [
    ...checks,
    { name: 'identity.risk_max', fact, wanted: `at most ${risk}`, ask: compares(fact, 'lessThanInclusive', risk), detector: 'ZT-07' },
  ];
};

const grant: Reader = (value, path, report) => {
  const role = isMap(value) ? textOf(value['role']) : textOf(value);
  if (isMap(value)) reportUnknown(value, ['role'], path, report);
  if (role === undefined) return wrong(path, report, '"grant" takes role: which just-in-time grant must be live');
  const fact = stored('grant', ['active'], { role });
  return [{ name: 'grant', fact, wanted: `a live grant of ${role}`, ask: compares(fact, 'equal', true), detector: 'ZT-11' }];
};

const EXCEPTION = 'wardline.access.exception.id';
const exception: Reader = (value, path, report) => {
  if (value !== true && !isMap(value)) return wrong(path, report, '"exception" takes true, or a map of id');
  if (isMap(value)) reportUnknown(value, ['id'], path, report);
  const ids = isMap(value) ? textsOf(value['id']) : [];
  if (isMap(value) && ids.length === 0) return wrong(path, report, '"exception" takes id: which exceptions it may be');
  const fact = stored('exception', ['active'], { of: EXCEPTION });
  const live: Check = { name: 'exception', fact, wanted: 'an exception in force', ask: compares(fact, 'equal', true), detector: 'ZT-20' };
  const named: Check = {
    name: 'exception.id',
    fact: field(EXCEPTION),
    wanted: ids.join(' or '),
    ask: askExpr(anyOf(EXCEPTION, ids)),
    detector: 'ZT-20',
  };
  return ids.length === 0 ? [live] : [named, live];
};

const data: Reader = (value, path, report) => {
  if (!isMap(value)) return wrong(path, report, '"data" is a map of sensitivity_max, bytes_max');
  reportUnknown(value, ['sensitivity_max', 'bytes_max'], path, report);
  const { sensitivity_max: sensitivity, bytes_max: bytes } = value as PlainMap;
  const checks: Check[] = [];
  if (sensitivity !== undefined) {
    const until = (SENSITIVITIES as readonly (string | undefined)[]).indexOf(textOf(sensitivity));
    if (until < 0) return wrong([...path, 'sensitivity_max'], report, `"sensitivity_max" takes one of ${SENSITIVITIES.join(', ')}`);
    const of = 'wardline.access.resource.sensitivity';
    const ask = askExpr(anyOf(of, SENSITIVITIES.slice(0, until + 1)));
    checks.push({ name: 'data.sensitivity_max', fact: field(of), wanted: `at most ${SENSITIVITIES[until]}`, ask, detector: 'ZT-12' });
  }
  if (bytes === undefined) return checks;
  const more = atMost('data.bytes_max', 'http.response.body.bytes', 'ZT-12')(bytes, [...path, 'bytes_max'], report);
  return more && [...checks, ...more];
};

const session: Reader = (value, path, report) => {
  if (!isMap(value)) return wrong(path, report, '"session" is a map of max_age');
  reportUnknown(value, ['max_age'], path, report);
  const age = ageCheck(
    'session.max_age',
    field('wardline.access.session.started_at'),
    value['max_age'] ?? null,
    [...path, 'max_age'],
    report,
    'ZT-03',
  );
  return age && [age];
};

/** What `require` may ask, and which detector a failure is (see `docs/policies.md`). */
export const CHECKS: Readonly<Record<string, Reader>> = {
  spiffe_proof: oneOf('spiffe_proof', 'wardline.access.subject.spiffe_proof', 'ZT-08'),
  spiffe: oneOf('spiffe', 'wardline.access.subject.spiffe', 'ZT-08'),
  via: oneOf('via', 'wardline.access.via', 'ZT-11'),
  geo: oneOf('geo', 'source.geo.country_iso_code', 'ZT-06'),
  audience: oneOf('audience', 'wardline.access.token.audience', 'ZT-13'),
  mtls,
  tls_min: tlsMin,
  mfa,
  device,
  zone,
  group: member('group', 'groups'),
  role: member('role', 'roles'),
  identity,
  grant,
  exception,
  data,
  session,
};

export function readCheck(name: string, value: Plain, path: DocumentPath, report: ProblemReporter): readonly Check[] | undefined {
  const read = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (read !== undefined) return read(value, path, report);
  const close = nearest(name, Object.keys(CHECKS));
  const advice = close === undefined ? `known: ${Object.keys(CHECKS).join(', ')}` : `did you mean "${close}"?`;
  report.error(path, 'policy/check', `there is no check "${name}"; ${advice}`, undefined, 'key');
  return undefined;
}
