import ipaddr from 'ipaddr.js';
import { messageOf } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';
import { compileRegex, faultPosition, leadingFlags } from '../../shared/regex.ts';
import type { Scalar } from '../document.ts';
import type { Comparison, Expr, TextPattern, TimePart } from '../ir/expr.ts';
import { base64Offsets, bytesOf, type Charset } from './encodings.ts';
import { ANY, dashTokens, isAny, literalOf, tidy, tokens } from './text.ts';

/** A value of a detection item: its type, the text it was written as, and whether quotes say that text is meant. */
export type ItemValue = { readonly value: Scalar; readonly source: string; readonly quoted: boolean };

/** A modifier chain that was understood; `problem` says what is wrong with it. */
export type Chain = {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly neq: boolean;
  readonly cased: boolean;
  readonly expand: boolean;
  readonly exists: boolean;
};

const TEXT_ENDS = ['contains', 'startswith', 'endswith'] as const;
const CHARSETS: Readonly<Record<string, Charset>> = { wide: 'utf16le', utf16le: 'utf16le', utf16be: 'utf16be', utf16: 'utf16' };
const REGEX_FLAGS: Readonly<Record<string, string>> = { i: 'i', ignorecase: 'i', m: 'm', multiline: 'm', s: 's', dotall: 's' };
const COMPARISONS: Readonly<Record<string, Comparison>> = { lt: 'lt', lte: 'lte', gt: 'gt', gte: 'gte' };
const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
const ANYWHERE = ['all', 'neq', 'cased', 'expand'] as const;
const ENCODINGS = ['base64', 'base64offset'] as const;

/** Every modifier, in one visible list; names are exact and lower-case. */
export const MODIFIERS: readonly string[] = [
  ...TEXT_ENDS,
  ...ANYWHERE,
  ...ENCODINGS,
  ...Object.keys(CHARSETS),
  ...Object.keys(REGEX_FLAGS),
  ...Object.keys(COMPARISONS),
  ...TIME_PARTS,
  'exists',
  're',
  'cidr',
  'windash',
  'fieldref',
];

const has = (list: readonly string[], name: string): boolean => list.includes(name);

/** Reads `contains|all`; the second member says what is wrong. */
export function readChain(names: readonly string[]): Chain | { readonly problem: string } {
  for (const [i, name] of names.entries()) {
    if (name === '') return { problem: 'a "|" is followed by no modifier; remove it' };
    if (names.indexOf(name) < i) return { problem: `"${name}" stands twice` };
    if (!has(MODIFIERS, name)) {
      const close = nearest(name, MODIFIERS);
      return { problem: `"${name}" is not a modifier${close === undefined ? '' : `; did you mean "${close}"?`}` };
    }
  }
  const problem = chainProblem(names);
  if (problem !== undefined) return { problem };
  const is = (name: string): boolean => has(names, name);
  return { names, all: is('all'), neq: is('neq'), cased: is('cased'), expand: is('expand'), exists: is('exists') };
}

function chainProblem(names: readonly string[]): string | undefined {
  const core = names.filter((name) => !has(ANYWHERE, name));
  const is = (name: string): boolean => has(core, name);
  if (is('exists')) return names.length > 1 ? '"exists" stands alone' : undefined;
  if (is('re') && core[0] !== 're') return '"re" must be the first modifier';
  const flag = core.find((name) => Object.hasOwn(REGEX_FLAGS, name));
  if (flag !== undefined && !is('re')) return `"${flag}" is a flag of "re" and must follow it`;
  if (is('re')) return impossible('re', core.slice(1), [...Object.keys(REGEX_FLAGS), ...TEXT_ENDS]);
  if (is('cidr'))
    return impossible(
      'cidr',
      core.filter((name) => name !== 'cidr'),
      [],
    );
  if (is('fieldref'))
    return impossible(
      'fieldref',
      core.filter((name) => name !== 'fieldref'),
      TEXT_ENDS,
    );
  const part = core.find((name) => has(TIME_PARTS, name));
  if (part !== undefined)
    return impossible(part, core.slice(1), Object.keys(COMPARISONS)) ?? (core[0] === part ? undefined : `"${part}" must come first`);
  const comparison = core.find((name) => Object.hasOwn(COMPARISONS, name));
  if (comparison !== undefined) return impossible(comparison, core.slice(1), []);
  return encodingProblem(core);
}

function impossible(name: string, others: readonly string[], allowed: readonly string[]): string | undefined {
  const other = others.find((candidate) => !has(allowed, candidate));
  return other === undefined ? undefined : `"${name}" cannot be combined with "${other}"`;
}

function encodingProblem(core: readonly string[]): string | undefined {
  for (const [i, name] of core.entries()) {
    const next = core[i + 1];
    if (Object.hasOwn(CHARSETS, name) && !has(ENCODINGS, next ?? '')) return `"${name}" must be followed by base64 or base64offset`;
    if (name === 'windash' && next !== undefined && (has(ENCODINGS, next) || Object.hasOwn(CHARSETS, next)))
      return '"windash" cannot stand before an encoding';
    if (has(ENCODINGS, name) && next !== undefined && !has(TEXT_ENDS, next)) return `"${name}" cannot be followed by "${next}"`;
    if (has(TEXT_ENDS, name) && next !== undefined && next !== 'windash') return `"${name}" cannot be followed by "${next}"`;
  }
  return undefined;
}

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

function timeValue(field: string, part: TimePart, compare: Comparison, { value }: ItemValue): Compiled {
  if (typeof value !== 'number' || !Number.isInteger(value)) return { problem: `"${part}" takes a whole number` };
  return { expr: { op: 'time', field, part, compare, value } };
}

function numberValue(field: string, compare: Comparison, { value, source }: ItemValue): Compiled {
  const number = typeof value === 'string' && /^-?\d{1,15}(?:\.\d+)?$/.test(source) ? Number(source) : value;
  if (typeof number !== 'number' && typeof number !== 'bigint')
    return { problem: `"${compare}" needs a number, not ${JSON.stringify(source)}` };
  return { expr: { op: 'number', field, compare, value: number } };
}
