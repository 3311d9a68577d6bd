import ipaddr from 'ipaddr.js';
import { createAccessor } from '../event/accessor.ts';
import type { Event, RouteLabel } from '../event/event.ts';
import { SEEN_CHARACTERS } from '../event/tags.ts';
import type { Comparison, Expr, PatternToken, Predicate, TextPattern, TimePart } from '../rule/ir/expr.ts';
import { fold } from '../shared/fold.ts';
import type { JsonValue } from '../shared/json.ts';
import { compileRegex } from '../shared/regex.ts';
import { jsonHolds } from './json-predicate.ts';
import { allLeaves, type Leaf, leafNumber, leafText, leavesOf } from './scalar.ts';

/**
 * The meaning of an expression, read as literally as possible: a walk over the tree, every field looked up anew. Slow, and
 * the oracle that the matcher is tested against; nothing in it is shared with the matcher but the leaves of a document.
 */
export function evaluate(expr: Expr, event: Event, label?: RouteLabel): boolean {
  switch (expr.op) {
    case 'and':
      return expr.of.every((one) => evaluate(one, event, label));
    case 'or':
      return expr.of.some((one) => evaluate(one, event, label));
    case 'not':
      return !evaluate(expr.of, event, label);
    case 'constant':
      return expr.value;
    default:
      return holds(expr, event, label);
  }
}

function holds(predicate: Predicate, event: Event, label: RouteLabel | undefined): boolean {
  const read = (field: string): JsonValue | undefined => createAccessor(event.route.source(field, label))(event.document);
  const leaves = (field: string | null): readonly Leaf[] => (field === null ? allLeaves(event.document) : leavesOf(read(field)));
  switch (predicate.op) {
    case 'text':
      return leaves(predicate.field).some((leaf) => textHolds(predicate, leafText(leaf)));
    case 'regex': {
      const regex = compileRegex(predicate.pattern, predicate.flags);
      return leaves(predicate.field).some((leaf) => regex.test(leafText(leaf).slice(0, SEEN_CHARACTERS)));
    }
    case 'number':
      return leaves(predicate.field).some((leaf) => compareNumbers(leafNumber(leaf), predicate.compare, predicate.value));
    case 'boolean':
      return leaves(predicate.field).some(
        (leaf) => leaf === predicate.value || (typeof leaf === 'string' && fold(leaf) === String(predicate.value)),
      );
    case 'null':
      return (read(predicate.field) ?? null) === null;
    case 'exists':
      return read(predicate.field) !== undefined;
    case 'present':
      return (read(predicate.field) ?? null) !== null;
    case 'cidr':
      return leaves(predicate.field).some((leaf) => inNetwork(leafText(leaf), predicate.network));
    case 'fieldref': {
      const others = leaves(predicate.other);
      return leaves(predicate.field).some((left) => others.some((right) => refHolds(predicate, leafText(left), leafText(right))));
    }
    case 'time':
      return leaves(predicate.field).some((leaf) =>
        compareNumbers(timePart(leafText(leaf), predicate.part), predicate.compare, predicate.value),
      );
    case 'json':
      return jsonHolds(predicate, read(predicate.field), predicate.other && read(predicate.other.field));
  }
}

function textHolds({ field, pattern, cased }: Predicate & { op: 'text' }, text: string): boolean {
  const whole: TextPattern = field === null ? [{ wildcard: 'any' }, ...pattern, { wildcard: 'any' }] : pattern;
  return globHolds(cased ? whole : whole.map((token) => (typeof token === 'string' ? fold(token) : token)), cased ? text : fold(text));
}

const DASHES = '-/\u2013\u2014\u2015';

/** Dynamic programming over tokens of single characters and the code points of the text. */
function globHolds(pattern: TextPattern, text: string): boolean {
  const units = pattern.flatMap((token): PatternToken[] => (typeof token === 'string' ? [...token] : [token]));
  const chars = [...text];
  let reachable = new Array<boolean>(chars.length + 1).fill(false);
  reachable[0] = true;
  for (const unit of units) {
    const next = new Array<boolean>(chars.length + 1).fill(false);
    let seen = false;
    for (let i = 0; i <= chars.length; i++) {
      if (typeof unit !== 'string' && unit.wildcard === 'any') {
        seen ||= reachable[i] === true;
        next[i] = seen;
      } else if (i > 0 && reachable[i - 1] && fits(unit, chars[i - 1] as string)) next[i] = true;
    }
    reachable = next;
  }
  return reachable[chars.length] === true;
}

function fits(unit: PatternToken, char: string): boolean {
  if (typeof unit === 'string') return unit === char;
  return unit.wildcard === 'one' || DASHES.includes(char);
}

export function compareNumbers(left: number | bigint | undefined, compare: Comparison, right: number | bigint): boolean {
  if (left === undefined) return false;
  switch (compare) {
    case 'eq':
      // biome-ignore lint/suspicious/noDoubleEquals: number and bigint are equal by value only loosely
      return left == right;
    case 'lt':
      return left < right;
    case 'lte':
      return left <= right;
    case 'gt':
      return left > right;
    case 'gte':
      return left >= right;
  }
}

function inNetwork(text: string, network: string): boolean {
  try {
    const plain = text.replace(/%.*$/, '');
    if (!plain.includes(':') && !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(plain)) return false;
    // Leading zeros in decimal parts mean octal to some readers.
    if (/(?:^|[:.])0\d+\.|\.0\d/.test(plain)) return false;
    const address = ipaddr.parse(plain);
    const [range, bits] = ipaddr.parseCIDR(network);
    if (address.kind() === range.kind()) return address.match(range, bits);
    return (
      address instanceof ipaddr.IPv6 &&
      address.isIPv4MappedAddress() &&
      range instanceof ipaddr.IPv4 &&
      address.toIPv4Address().match(range, bits)
    );
  } catch {
    return false;
  }
}

function refHolds({ how, cased }: Predicate & { op: 'fieldref' }, left: string, right: string): boolean {
  const [a, b] = cased ? [left, right] : [fold(left), fold(right)];
  switch (how) {
    case 'equals':
      return a === b;
    case 'contains':
      return a.includes(b);
    case 'startswith':
      return a.startsWith(b);
    case 'endswith':
      return a.endsWith(b);
  }
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?/;

/** Digits of a time stamp as written, without conversion of zones; `week` is the ISO week. */
export function timePart(text: string, part: TimePart): number | undefined {
  const found = DATE.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute] = found;
  const digits = { year, month, day, hour, minute };
  if (part === 'week') return isoWeek(Number(year), Number(month), Number(day));
  const value = digits[part];
  return value === undefined ? undefined : Number(value);
}

/** ISO 8601: the week that holds the year's first Thursday is week 1. */
function isoWeek(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(year, month - 1, day));
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * 86_400_000);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.floor((thursday.getTime() - first) / (7 * 86_400_000)) + 1;
}
