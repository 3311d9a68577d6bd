import type { TextPattern } from '../rule/ir/expr.ts';
import { compileGlob, globMatches, isDash, width } from './glob.ts';
import { mayContain } from './long-texts.ts';

/** A test of one text, already folded unless the predicate is cased. */
export type TextTest = (text: string) => boolean;

const isAny = (token: TextPattern[number] | undefined): boolean => typeof token === 'object' && token.wildcard === 'any';

/** The cheapest test that means the same as the glob. */
export function textTest(pattern: TextPattern): TextTest {
  const tokens = pattern.filter((token, i) => !(isAny(token) && isAny(pattern[i - 1])));
  const [a, b, c] = tokens;
  if (tokens.length === 0) return (text) => text === '';
  if (tokens.length === 1 && typeof a === 'string') return (text) => text === a;
  if (tokens.length === 1 && isAny(a)) return () => true;
  if (tokens.length === 2 && typeof a === 'string' && isAny(b)) return (text) => text.startsWith(a);
  if (tokens.length === 2 && isAny(a) && typeof b === 'string') return (text) => text.endsWith(b);
  if (tokens.length === 3 && isAny(a) && typeof b === 'string' && isAny(c)) return (text) => mayContain(text, b) && text.includes(b);
  const segments = split(tokens);
  if (segments !== undefined) return segmentsTest(segments);
  const glob = compileGlob(tokens);
  // The longest literal must occur: a cheap refusal before the glob runs.
  const longest = longestOf(tokens);
  return longest === ''
    ? (text) => globMatches(glob, text)
    : (text) => mayContain(text, longest) && text.includes(longest) && globMatches(glob, text);
}

const longestOf = (tokens: TextPattern): string =>
  tokens.filter((token) => typeof token === 'string').reduce((best, token) => (token.length > best.length ? token : best), '');

/** What stands between two places where anything may: literals, dashes and single characters. */
type Segment = {
  readonly tokens: TextPattern;
  /** The fewest units it has: a character may have two. */
  readonly length: number;
  /** The longest literal that stands at a known place, which the runtime looks for, and that place. */
  readonly sought: string;
  readonly offset: number;
};

/** Undefined: the end of the text, or what to look for, stands behind a character that may have one unit or two. */
function split(tokens: TextPattern): Segment[] | undefined {
  const runs: TextPattern[number][][] = [[]];
  for (const token of tokens)
    if (isAny(token)) runs.push([]);
    else runs.at(-1)?.push(token);
  const segments = runs.map(segmentOf);
  const known = segments.every(({ tokens: run, sought }, i) => i === 0 || !run.some(isOne) || (i < runs.length - 1 && sought !== ''));
  return known ? segments : undefined;
}

function segmentOf(tokens: TextPattern): Segment {
  const firstOne = tokens.findIndex(isOne);
  const fixed = firstOne < 0 ? tokens : tokens.slice(0, firstOne);
  const sought = longestOf(fixed);
  return { tokens, length: leastOf(tokens), sought, offset: sought === '' ? 0 : leastOf(fixed.slice(0, fixed.indexOf(sought))) };
}

const isOne = (token: TextPattern[number]): boolean => typeof token === 'object' && token.wildcard === 'one';
const leastOf = (tokens: TextPattern): number => tokens.reduce((sum, token) => sum + (typeof token === 'string' ? token.length : 1), 0);

/** Each segment is looked for after the one before, at whose first place the most is left. */
function segmentsTest(segments: Segment[]): TextTest {
  const head = segments.shift() as Segment;
  const tail = segments.pop();
  if (tail === undefined) return (text) => endOf(head, text, 0) === text.length;
  return (text) => {
    const end = text.length - tail.length;
    let from = endOf(head, text, 0);
    if (from < 0 || from > end || endOf(tail, text, end) < 0) return false;
    for (let i = 0; i < segments.length; i++) {
      from = find(segments[i] as Segment, text, from, end);
      if (from < 0) return false;
    }
    return true;
  };
}

/** Where a segment that stands at a place ends; -1: it does not stand there. */
function endOf({ tokens }: Segment, text: string, from: number): number {
  let at = from;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as TextPattern[number];
    if (typeof token === 'string') {
      if (!text.startsWith(token, at)) return -1;
      at += token.length;
    } else {
      if (at >= text.length || (token.wildcard === 'dash' && !isDash(text.charCodeAt(at)))) return -1;
      at += token.wildcard === 'one' ? width(text, at) : 1;
    }
  }
  return at;
}

/** Where the first segment from `from` on ends that does so by `end`; -1: there is none. */
function find(segment: Segment, text: string, from: number, end: number): number {
  const { sought, offset, length } = segment;
  if (!mayContain(text, sought)) return -1;
  for (let found = text.indexOf(sought, from + offset); found >= 0; found = text.indexOf(sought, found + 1)) {
    const at = found - offset;
    if (at + length > end) return -1;
    const stop = endOf(segment, text, at);
    if (stop >= 0 && stop <= end) return stop;
  }
  return -1;
}
