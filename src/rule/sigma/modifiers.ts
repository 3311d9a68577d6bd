import ipaddr from 'ipaddr.js';
import { messageOf } from '../../shared/errors.ts';
import { compileRegex, faultPosition, leadingFlags } from '../../shared/regex.ts';
import type { Scalar } from '../document.ts';
import type { Comparison, Expr, TextPattern, TimePart } from '../ir/expr.ts';
import { base64Offsets, bytesOf, type Charset } from './encodings.ts';
import { ANYWHERE, CHARSETS, type Chain, COMPARISONS, ENCODINGS, has, REGEX_FLAGS, TEXT_ENDS, TIME_PARTS } from './modifier-chain.ts';
import { ANY, dashTokens, isAny, literalOf, tidy, tokens } from './text.ts';

/** A value of a detection item: its type, the text it was written as, and whether quotes say that text is meant. */
export type ItemValue = { readonly value: Scalar; readonly source: string; readonly quoted: boolean };

/** One value of an item as an expression, or what is wrong with the value. A warning may come with the expression. */
export type Compiled = { readonly expr: Expr; readonly warning?: Finding } | Finding;

/** What is wrong with a value; `at` counts code points into it. */
export type Finding = { readonly problem: string; readonly code?: string; readonly at?: number };

/** Compiles one value under a chain without `all` and `neq`, which concern the whole item. `field: null` = keyword. */
export function compileValue(field: string | null, chain: Chain, item: ItemValue): Compiled {
  const core = chain.names.filter((name) => !has(ANYWHERE, name));
  const [first] = core;
  if (first === undefined) return plainValue(field, chain, item);
  if (first === 're') return regexValue(field, core, item);
  if (field === null)
    return has(TEXT_ENDS, first) || first === 'windash' || has(ENCODINGS, first) || Object.hasOwn(CHARSETS, first)
      ? textValue(field, chain, core, item)
      : { problem: `"${first}" needs a field` };
  if (first === 'exists') return existsValue(field, item);
  if (has(core, 'cidr')) return cidrValue(field, item);
  if (has(core, 'fieldref')) return fieldrefValue(field, chain, core, item);
  if (has(TIME_PARTS, first)) return timeValue(field, first as TimePart, COMPARISONS[core[1] ?? ''] ?? 'eq', item);
  const compare = COMPARISONS[first];
  if (compare !== undefined) return numberValue(field, compare, item);
  return textValue(field, chain, core, item);
}

function plainValue(field: string | null, { cased }: Chain, { value, source, quoted }: ItemValue): Compiled {
  if (field === null) {
    if (value === null || source === '') return { problem: 'a keyword cannot be empty' };
    return { expr: { op: 'text', field, pattern: tokens(source), cased } };
  }
  if (value === null) return { expr: { op: 'null', field } };
  if (typeof value === 'boolean') return { expr: { op: 'boolean', field, value } };
  if (typeof value === 'number' || typeof value === 'bigint') return { expr: { op: 'number', field, compare: 'eq', value } };
  const expr = textExpr(field, tokens(source), cased);
  return !quoted && lookAlike(source)
    ? { expr, warning: { problem: `${source} is read as text; quote it, or write a decimal number, true or false if that is meant` } }
    : { expr };
}

/** What other readers of YAML take for a number or a boolean. */
const lookAlike = (source: string): boolean => /^(?:[-+]?0o?\d+|0x[0-9a-f]+|[-+]?\d+e[-+]?\d+|\+\d+|yes|no|on|off)$/i.test(source);

/** `*` alone means present; everything else is a pattern over the whole value. */
function textExpr(field: string | null, pattern: TextPattern, cased: boolean): Expr {
  const [only] = pattern;
  if (field !== null && pattern.length === 1 && only !== undefined && isAny(only)) return { op: 'present', field };
  return { op: 'text', field, pattern, cased };
}

function textValue(field: string | null, chain: Chain, core: readonly string[], { value, source }: ItemValue): Compiled {
  if (value === null) return { problem: `null has no text; "${core.join('|')}" needs one` };
  let variants: readonly TextPattern[] = [tokens(source)];
  let charset: Charset = 'utf8';
  for (const name of core) {
    if (Object.hasOwn(CHARSETS, name)) charset = CHARSETS[name] as Charset;
    else if (has(ENCODINGS, name)) {
      const literal = literalOf(variants[0] as TextPattern);
      if (literal === undefined) return { problem: `wildcards cannot be encoded with "${name}"; escape them as \\* and \\?` };
      const bytes = bytesOf(literal, charset);
      variants = (name === 'base64' ? [bytes.toString('base64')] : base64Offsets(bytes)).map((form) => [form]);
      if (variants.length === 0) return { problem: `"${source}" is too short: no character of its base64 form is certain` };
    } else if (name === 'windash') variants = variants.map(dashTokens);
    else
      variants = variants.map((pattern) =>
        tidy([...(name === 'startswith' ? [] : [ANY]), ...pattern, ...(name === 'endswith' ? [] : [ANY])]),
      );
  }
  const exprs = variants.map((pattern) => textExpr(field, pattern, chain.cased));
  return { expr: exprs.length === 1 ? (exprs[0] as Expr) : { op: 'or', of: exprs } };
}

function regexValue(field: string | null, core: readonly string[], { source }: ItemValue): Compiled {
  const flags = [...new Set(core.map((name) => REGEX_FLAGS[name] ?? ''))].join('');
  try {
    compileRegex(source, flags);
  } catch (error) {
    return { problem: messageOf(error), code: 'sigma/regex', at: faultPosition(source, messageOf(error)) };
  }
  const inline = leadingFlags(source, flags);
  const all = [...new Set(inline.flags)].sort().join('');
  const expr: Expr = { op: 'regex', field, pattern: inline.body, flags: all };
  if (inline.body === source) return { expr };
  return { expr, warning: { problem: `flags belong beside "re": write |re|${[...all].join('|')}`, code: 'sigma/regex-flags' } };
}

function existsValue(field: string, { value }: ItemValue): Compiled {
  if (typeof value !== 'boolean') return { problem: '"exists" takes true or false' };
  return { expr: value ? { op: 'exists', field } : { op: 'not', of: { op: 'exists', field } } };
}

function cidrValue(field: string, { source }: ItemValue): Compiled {
  try {
    const [text = '', bits] = source.split('/');
    const parsed = ipaddr.parse(text);
    const width = parsed.kind() === 'ipv4' ? 32 : 128;
    if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= width))
      return { problem: `"${source}" is not a network; the prefix length is 0 to ${width}` };
    if (parsed.kind() === 'ipv4' && !/^\d+(?:\.\d+){3}$/.test(text))
      return { problem: `"${source}" is not a network; write four decimal numbers` };
    const network = `${text}/${bits ?? width}`;
    const first = parsed.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(network) : ipaddr.IPv6.networkAddressFromCIDR(network);
    if (first.toString() !== parsed.toString())
      return { problem: `"${source}" has host bits set; did you mean ${first.toString()}/${bits}?` };
    return { expr: { op: 'cidr', field, network } };
  } catch {
    return { problem: `"${source}" is not a network; write 10.0.0.0/8 or 2001:db8::/32` };
  }
}

function fieldrefValue(field: string, chain: Chain, core: readonly string[], { source }: ItemValue): Compiled {
  if (/[*?]/.test(source)) return { problem: 'the name of a field cannot hold wildcards' };
  if (source === '') return { problem: '"fieldref" needs the name of a field' };
  const how = TEXT_ENDS.find((name) => has(core, name)) ?? 'equals';
  return { expr: { op: 'fieldref', field, other: source, how, cased: chain.cased } };
}

/** Least and greatest value of each part; ISO weeks are up to 53. */
const RANGES: Readonly<Record<TimePart, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
};

function timeValue(field: string, part: TimePart, compare: Comparison, { value, source }: ItemValue): Compiled {
  if (typeof value !== 'number' || !Number.isInteger(value))
    return { problem: `"${part}" takes a whole number without quotes, not ${JSON.stringify(source)}` };
  const [least, most] = RANGES[part];
  const written = compare === 'eq' ? `${part} ${value}` : `${part}|${compare} ${value}`;
  const met = metBy(compare, value, least, most);
  if (met === 'never') return { problem: `no time has ${written}: ${part} is ${least} to ${most}` };
  const expr: Expr = { op: 'time', field, part, compare, value };
  if (met === 'some') return { expr };
  return { expr, warning: { problem: `every time has ${written}: ${part} is ${least} to ${most}`, code: 'sigma/no-effect' } };
}

function metBy(compare: Comparison, value: number, least: number, most: number): 'never' | 'some' | 'always' {
  if (compare === 'eq') return value < least || value > most ? 'never' : 'some';
  const holds = (one: number): boolean =>
    compare === 'lt' ? one < value : compare === 'lte' ? one <= value : compare === 'gt' ? one > value : one >= value;
  if (holds(least) && holds(most)) return 'always';
  return holds(least) || holds(most) ? 'some' : 'never';
}

function numberValue(field: string, compare: Comparison, { value, source }: ItemValue): Compiled {
  const number = typeof value === 'string' && /^-?\d{1,15}(?:\.\d+)?$/.test(source) ? Number(source) : value;
  if (typeof number !== 'number' && typeof number !== 'bigint')
    return { problem: `"${compare}" needs a number, not ${JSON.stringify(source)}` };
  return { expr: { op: 'number', field, compare, value: number } };
}
