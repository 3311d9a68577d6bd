import { nearest } from '../../shared/nearest.ts';
import type { Comparison } from '../ir/expr.ts';
import type { Charset } from './encodings.ts';

/** A modifier chain that was understood. */
export type Chain = {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly neq: boolean;
  readonly cased: boolean;
  readonly expand: boolean;
  readonly exists: boolean;
  /** What in it is of no use. */
  readonly warning: string | undefined;
};

export const TEXT_ENDS = ['contains', 'startswith', 'endswith'] as const;
export const CHARSETS: Readonly<Record<string, Charset>> = { wide: 'utf16le', utf16le: 'utf16le', utf16be: 'utf16be', utf16: 'utf16' };
export const REGEX_FLAGS: Readonly<Record<string, string>> = { i: 'i', ignorecase: 'i', m: 'm', multiline: 'm', s: 's', dotall: 's' };
export const COMPARISONS: Readonly<Record<string, Comparison>> = { lt: 'lt', lte: 'lte', gt: 'gt', gte: 'gte' };
export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export const ANYWHERE = ['all', 'neq', 'cased', 'expand'] as const;
export const ENCODINGS = ['base64', 'base64offset'] as const;

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

export const has = (list: readonly string[], name: string): boolean => list.includes(name);

/** Reads `contains|all`; `problem` says what is wrong with it. */
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
  const warning = uselessIn(names);
  return { names, all: is('all'), neq: is('neq'), cased: is('cased'), expand: is('expand'), exists: is('exists'), warning };
}

function chainProblem(names: readonly string[]): string | undefined {
  const core = names.filter((name) => !has(ANYWHERE, name));
  const is = (name: string): boolean => has(core, name);
  if (is('exists')) return names.length > 1 ? '"exists" stands alone' : undefined;
  if (is('re') && core[0] !== 're') return '"re" must be the first modifier';
  const flag = core.find((name) => Object.hasOwn(REGEX_FLAGS, name));
  if (flag !== undefined && !is('re')) return `"${flag}" is a flag of "re" and must follow it`;
  if (is('re')) return regexProblem(core.slice(1));
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
  if (part !== undefined) return timeProblem(part, core);
  const comparison = core.find((name) => Object.hasOwn(COMPARISONS, name));
  if (comparison !== undefined) return impossible(comparison, core.slice(1), []);
  return encodingProblem(core);
}

/** A pattern is searched for; where it must stand, it says itself. */
function regexProblem(others: readonly string[]): string | undefined {
  if (has(others, 'startswith')) return '"startswith" has no meaning after "re", which searches anywhere; begin the pattern with ^';
  if (has(others, 'endswith')) return '"endswith" has no meaning after "re", which searches anywhere; end the pattern with $';
  return impossible('re', others, [...Object.keys(REGEX_FLAGS), 'contains']);
}

function timeProblem(part: string, core: readonly string[]): string | undefined {
  const others = core.filter((name) => name !== part);
  const [compare = ''] = others;
  const odd =
    impossible(part, others, Object.keys(COMPARISONS)) ?? (others.length > 1 ? impossible(compare, others.slice(1), []) : undefined);
  if (odd !== undefined) return odd;
  return core[0] === part ? undefined : `"${part}" comes before "${compare}"; write ${part}|${compare}`;
}

/** Modifiers that change nothing where they stand, so that their author believes something that is not so. */
function uselessIn(names: readonly string[]): string | undefined {
  const is = (name: string): boolean => has(names, name);
  if (is('re') && is('contains')) return '"contains" has no effect after "re", which searches anywhere; remove it';
  if (is('re') && is('cased')) return '"cased" has no effect on "re", which heeds letter case unless |i follows; remove it';
  const numeric = names.find((name) => name === 'cidr' || has(TIME_PARTS, name) || Object.hasOwn(COMPARISONS, name));
  if (is('cased') && numeric !== undefined) return `"cased" has no effect on "${numeric}", which compares no letters; remove it`;
  if (is('base64offset') && !TEXT_ENDS.some(is))
    return '"base64offset" gives a part of a longer text, and the whole value is compared; write base64offset|contains';
  return undefined;
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
