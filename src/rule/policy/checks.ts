import { isMap, type Plain } from '../document.ts';
import type { Expr } from '../ir/expr.ts';
import type { Check } from '../ir/policy.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from '../sigma/meta.ts';

/** Strengths of authentication, weakest first. */
export const STRENGTHS = ['none', 'single', 'otp-push', 'phishing-resistant'] as const;

type Reader = (value: Plain, path: DocumentPath, report: ProblemReporter) => Check | undefined;

const equals = (field: string, text: string): Expr => ({ op: 'text', field, pattern: [text], cased: false });
const anyOf = (field: string, texts: readonly string[]): Expr => ({ op: 'or', of: texts.map((text) => equals(field, text)) });

function oneOf(name: string, field: string, detector: string): Reader {
  return (value, path, report) => {
    const wanted = textsOf(value);
    if (wanted.length > 0) return { name, field, wanted: wanted.join(' or '), expr: anyOf(field, wanted), detector };
    report.error(path, 'policy/check', `"${name}" takes a text or a list of texts`);
    return undefined;
  };
}

const mtls: Reader = (value, path, report) => {
  const field = 'wardline.access.mtls';
  if (value === true) return { name: 'mtls', field, wanted: 'true', expr: { op: 'boolean', field, value: true }, detector: 'ZT-09' };
  report.error(path, 'policy/check', '"mtls" takes true; leave it out where it is not asked for');
  return undefined;
};

const tlsMin: Reader = (value, path, report) => {
  const version = Number(textOf(value));
  const field = 'tls.version';
  if (version >= 1 && version < 2)
    return {
      name: 'tls_min',
      field,
      wanted: `at least ${version}`,
      expr: { op: 'number', field, compare: 'gte', value: version },
      detector: 'ZT-09',
    };
  report.error(path, 'policy/check', '"tls_min" takes a version such as "1.2"');
  return undefined;
};

const mfa: Reader = (value, path, report) => {
  const strength = isMap(value) ? textOf(value['strength']) : textOf(value);
  const from = (STRENGTHS as readonly (string | undefined)[]).indexOf(strength);
  const field = 'wardline.access.auth.strength';
  if (from >= 0)
    return { name: 'mfa', field, wanted: `at least ${strength}`, expr: anyOf(field, STRENGTHS.slice(from)), detector: 'ZT-04' };
  report.error(path, 'policy/check', `"mfa" takes strength: one of ${STRENGTHS.join(', ')}`);
  return undefined;
};

/** What `require` may ask of an access itself, and which detector a failure is (zero-trust page, section 8). */
export const CHECKS: Readonly<Record<string, Reader>> = {
  spiffe_proof: oneOf('spiffe_proof', 'wardline.access.subject.spiffe_proof', 'ZT-08'),
  via: oneOf('via', 'wardline.access.via', 'ZT-11'),
  mtls,
  tls_min: tlsMin,
  mfa,
};
