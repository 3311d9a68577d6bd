import { nearest } from '../../shared/nearest.ts';

/** A condition over search identifiers, before the identifiers are filled in. */
export type ConditionTree =
  | { readonly op: 'and' | 'or'; readonly members: readonly ConditionTree[] }
  | { readonly op: 'not'; readonly of: ConditionTree }
  /** `names`: the names a selector matched, or the one identifier. */
  | { readonly op: 'some' | 'every'; readonly names: readonly string[] };

export type ConditionProblem = {
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warn';
};
export type ParsedCondition = {
  readonly tree: ConditionTree | undefined;
  readonly problems: readonly ConditionProblem[];
  readonly used: ReadonlySet<string>;
};

type Token = { readonly text: string; readonly at: number };

const MAX_TOKENS = 4096;
const MAX_DEPTH = 64;
const KEYWORDS = new Set(['and', 'or', 'not', 'of', 'them', 'all', 'any', '1']);

class Stop extends Error {
  readonly problem: ConditionProblem;
  constructor(at: number, code: string, message: string) {
    super(message);
    this.problem = { at, code, message, severity: 'error' };
  }
}

/**
 * Parses a Sigma condition against the identifiers of its detection. Tokens are maximal (`notepad` is a name), keywords
 * may be in any case, `them` and patterns leave out names that start with `_`. Positions count code points.
 */
export function parseCondition(text: string, names: readonly string[], noun = 'selection'): ParsedCondition {
  const used = new Set<string>();
  const problems: ConditionProblem[] = [];
  try {
    const tokens = tokenize(text);
    if (tokens.length === 0) throw new Stop(0, 'sigma/condition', 'the condition is empty');
    const parser = createParser(tokens, names, used, problems, [...text].length, noun);
    return { tree: parser(), problems, used };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { tree: undefined, problems: [...problems, error.problem], used };
  }
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const chars = [...text];
  for (let i = 0; i < chars.length; ) {
    const c = chars[i] as string;
    if (/\s/.test(c)) {
      i++;
      continue;
    }
    if (c === '|' && chars[i + 1] === '|') throw new Stop(i, 'sigma/condition', '"||" cannot stand in a condition; write or');
    if (c === '|') throw new Stop(i, 'sigma/aggregation', 'aggregations after "|" are of Sigma 1; write a correlation rule instead');
    let end = i + 1;
    if (c !== '(' && c !== ')') {
      if (!/[\w*-]/.test(c)) throw new Stop(i, 'sigma/condition', `"${c}" cannot stand in a condition${signHint(c)}`);
      while (end < chars.length && /[\w*-]/.test(chars[end] as string)) end++;
    }
    tokens.push({ text: chars.slice(i, end).join(''), at: i });
    if (tokens.length > MAX_TOKENS) throw new Stop(i, 'sigma/condition', `more than ${MAX_TOKENS} words`);
    i = end;
  }
  return tokens;
}

const SIGNS: Readonly<Record<string, string>> = { '&': 'and', '!': 'not', '~': 'not', ',': 'or, and' };
const signHint = (sign: string): string => (SIGNS[sign] === undefined ? '' : `; write ${SIGNS[sign]}`);

/** `1of them`, `all ofthem`, `1 off x*`, `any x*`: a selector that was meant, as it is written; undefined: none. */
function meantSelector(word: string, after: string | undefined, isTarget: (word: string) => boolean): string | undefined {
  const glued = /^(1|any|all)of(.*)$/i.exec(word);
  if (glued !== null) return [glued[1], 'of', glued[2] === '' ? (after ?? 'them') : glued[2]].join(' ');
  if (!/^(?:1|any|all)$/i.test(word)) return undefined;
  const rest = /^of(.+)$/i.exec(after ?? '')?.[1];
  if (rest !== undefined && isTarget(rest)) return `${word} of ${rest}`;
  if (after !== undefined && isTarget(after)) return `${word} of ${after}`;
  return after !== undefined && nearest(after, ['of']) === undefined ? undefined : `${word} of`;
}

function createParser(
  tokens: readonly Token[],
  names: readonly string[],
  used: Set<string>,
  problems: ConditionProblem[],
  end: number,
  noun: string,
): () => ConditionTree {
  let next = 0;
  const didYouMean = (word: string, candidates: readonly string[] = names): string => {
    const close = nearest(word, candidates);
    return close === undefined ? '' : ` (did you mean "${close}"?)`;
  };
  const peek = (): Token | undefined => tokens[next];
  const isWord = (token: Token | undefined, word: string): boolean => token?.text.toLowerCase() === word;
  const take = (word: string): boolean => {
    const token = peek();
    if (token === undefined || !isWord(token, word)) return false;
    if (token.text !== word)
      problems.push({ at: token.at, code: 'sigma/keyword-case', message: `write "${word}" in lower case`, severity: 'warn' });
    next++;
    return true;
  };

  const chain = (word: 'and' | 'or', part: (depth: number) => ConditionTree) => (depth: number) => {
    const parts = [part(depth)];
    while (take(word)) parts.push(part(depth));
    return parts.length === 1 ? (parts[0] as ConditionTree) : { op: word, members: parts };
  };
  const negation = (depth: number): ConditionTree => {
    if (depth > MAX_DEPTH) throw new Stop(peek()?.at ?? end, 'sigma/condition', `nested deeper than ${MAX_DEPTH} levels`);
    return take('not') ? { op: 'not', of: negation(depth + 1) } : primary(depth);
  };
  const conjunction = chain('and', negation);
  const expression = chain('or', conjunction);

  const primary = (depth: number): ConditionTree => {
    const token = peek();
    if (token === undefined) throw new Stop(end, 'sigma/condition', 'the condition ends where a name is expected');
    if (token.text === '(') {
      next++;
      const inner = expression(depth + 1);
      if (peek()?.text !== ')') throw new Stop(peek()?.at ?? end, 'sigma/condition', 'a bracket is not closed');
      next++;
      return inner;
    }
    if (token.text === ')') throw new Stop(token.at, 'sigma/condition', 'a bracket closes nothing');
    if (isWord(tokens[next + 1], 'of')) return selector(token);
    return identifier(token);
  };

  const selector = (token: Token): ConditionTree => {
    const quantity = token.text.toLowerCase();
    if (quantity !== '1' && quantity !== 'any' && quantity !== 'all') {
      const count = /^\d+$/.test(quantity);
      throw new Stop(
        token.at,
        'sigma/selector',
        count ? `"${quantity} of" is not Sigma; combine the selections with and, or` : `"${token.text} of": write 1 of, any of or all of`,
      );
    }
    take(quantity);
    take('of');
    const target = peek();
    if (target === undefined || target.text === '(' || target.text === ')')
      throw new Stop(target?.at ?? end, 'sigma/selector', 'after "of" comes "them", a name or a pattern');
    const found = isWord(target, 'them') ? names.filter((name) => !name.startsWith('_')) : matching(target.text);
    if (found.length === 0)
      throw new Stop(target.at, 'sigma/selector', `no ${noun} is called "${target.text}"${didYouMean(target.text, [...names, 'them'])}`);
    if (!take('them')) next++;
    for (const name of found) used.add(name);
    return { op: quantity === 'all' ? 'every' : 'some', names: found };
  };

  const matching = (pattern: string): readonly string[] => {
    if (!pattern.includes('*')) return names.filter((name) => name === pattern);
    const parts = pattern.split('*');
    return names.filter((name) => (pattern.startsWith('_') || !name.startsWith('_')) && globMatches(name, parts));
  };

  const identifier = (token: Token): ConditionTree => {
    if (!names.includes(token.text)) {
      const isTarget = (word: string): boolean => word === 'them' || word.includes('*') || names.includes(word);
      const meant = meantSelector(token.text, tokens[next + 1]?.text, isTarget);
      if (meant !== undefined) throw new Stop(token.at, 'sigma/selector', `"${token.text}" is no ${noun}; did you mean "${meant}"?`);
      const keyword = KEYWORDS.has(token.text.toLowerCase());
      throw new Stop(
        token.at,
        'sigma/identifier',
        keyword ? `"${token.text}" stands where a name is expected` : `there is no ${noun} "${token.text}"${didYouMean(token.text)}`,
      );
    }
    next++;
    used.add(token.text);
    return { op: 'some', names: [token.text] };
  };

  return () => {
    const tree = expression(0);
    const rest = peek();
    if (rest !== undefined)
      throw new Stop(
        rest.at,
        'sigma/condition',
        rest.text === ')'
          ? 'a bracket closes nothing'
          : `"${rest.text}" stands where and, or or the end is expected${didYouMean(rest.text, ['and', 'or'])}`,
      );
    return tree;
  };
}

/** `a*b*c` against a name, its parts between the stars in order; linear. */
function globMatches(name: string, parts: readonly string[]): boolean {
  const [head = '', ...rest] = parts;
  const tail = rest.pop() ?? '';
  if (!name.startsWith(head) || name.length < head.length + tail.length || !name.endsWith(tail)) return false;
  let from = head.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0 || at + part.length > name.length - tail.length) return false;
    from = at + part.length;
  }
  return true;
}
