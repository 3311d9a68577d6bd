import { isIP } from 'node:net';
import { messageOf } from '../../shared/errors.ts';
import type { JsonValue } from '../../shared/json.ts';
import { compileRegex } from '../../shared/regex.ts';
import type { AddedOperator } from '../ir/condition.ts';
import type { Expr, TextPattern } from '../ir/expr.ts';

type Added = {
  /** Why the right side can give nothing, or undefined. */
  readonly unfit: (value: JsonValue) => string | undefined;
  readonly expr: (field: string, value: JsonValue) => Expr;
  /** How a second field may stand on the right side. */
  readonly fieldref?: 'equals' | 'contains' | 'startswith' | 'endswith';
};

const ANY = { wildcard: 'any' } as const;

/** Texts compare as texts: a number is its shortest decimal form, and a list holds if one of its elements does. */
const text = (pattern: (value: string) => TextPattern, cased: boolean, fieldref: NonNullable<Added['fieldref']>): Added => ({
  unfit: each((value) => (typeof value === 'string' && value !== '' ? undefined : `a text is needed, not ${JSON.stringify(value)}`)),
  expr: (field, value) => anyOf(value, (one) => ({ op: 'text', field, pattern: pattern(String(one)), cased })),
  fieldref,
});

/** Operators beside those of json-rules-engine; the right side of each is one value or a list of which one must do. */
export const ADDED: Readonly<Record<AddedOperator, Added>> = {
  startsWith: text((value) => [value, ANY], true, 'startswith'),
  endsWith: text((value) => [ANY, value], true, 'endswith'),
  includes: text((value) => [ANY, value, ANY], true, 'contains'),
  equalIgnoringCase: text((value) => [value], false, 'equals'),
  matches: {
    unfit: each((value) => {
      if (typeof value !== 'string') return 'a regular expression is a text';
      try {
        compileRegex(value, '');
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    }),
    expr: (field, value) => anyOf(value, (one) => ({ op: 'regex', field, pattern: String(one), flags: '' })),
  },
  inNetwork: {
    unfit: each((value) => (isNetwork(value) ? undefined : `${JSON.stringify(value)} is no network; write one such as "10.0.0.0/8"`)),
    expr: (field, value) => anyOf(value, (one) => ({ op: 'cidr', field, network: String(one) })),
  },
  exists: {
    unfit: (value) => (typeof value === 'boolean' ? undefined : '"exists" takes true or false'),
    expr: (field, value) => (value === true ? { op: 'present', field } : { op: 'null', field }),
  },
};

function each(unfit: (value: JsonValue) => string | undefined): (value: JsonValue) => string | undefined {
  return (value) => {
    const values = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
    return values.length === 0 ? 'an empty list is never met' : values.map(unfit).find((why) => why !== undefined);
  };
}

function anyOf(value: JsonValue, expr: (one: JsonValue) => Expr): Expr {
  const of = (Array.isArray(value) ? (value as readonly JsonValue[]) : [value]).map(expr);
  return of.length === 1 ? (of[0] as Expr) : { op: 'or', of };
}

function isNetwork(value: JsonValue): boolean {
  const [address = '', bits = '', ...more] = typeof value === 'string' ? value.split('/') : [];
  const kind = isIP(address);
  return kind !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128);
}
