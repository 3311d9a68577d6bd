/**
 * Texts that every match of a regular expression must contain, folded: a list of sets, of each of which at least one
 * member occurs. An empty list says that nothing is known; anything the reader is not sure of ends there.
 */
export function regexLiterals(pattern: string): readonly (readonly string[])[] {
  try {
    const reader = createReader(pattern);
    const sets = reader.alternatives();
    return reader.done() ? sets : [];
  } catch (error) {
    if (error instanceof NotAnalysed) return [];
    throw error;
  }
}

class NotAnalysed extends Error {}

type Sets = readonly (readonly string[])[];
type Atom = { readonly literal: string } | { readonly group: Sets } | 'anything' | 'nothing';

/** Escapes that stand for a class or a place; every other escaped letter or digit is not analysed. */
const CLASSES = new Set(['d', 'D', 'w', 'W', 's', 'S', 'b', 'B', 'A', 'z']);
const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' };
const MAX_ALTERNATIVES = 64;

function createReader(source: string) {
  let i = 0;

  const alternatives = (): Sets => {
    const options: Sets[] = [sequence()];
    while (source[i] === '|') {
      i++;
      options.push(sequence());
    }
    if (options.length === 1) return options[0] as Sets;
    // Any of the branches may match: one set of each branch, joined; a branch without one says nothing.
    const best = options.map(bestSet);
    if (best.some((set) => set === undefined)) return [];
    const joined = best.flatMap((set) => set as readonly string[]);
    return joined.length > MAX_ALTERNATIVES ? [] : [joined];
  };

  const sequence = (): Sets => {
    const sets: (readonly string[])[] = [];
    let run = '';
    const flush = (): void => {
      if (run !== '') sets.push([run.toLowerCase()]);
      run = '';
    };
    while (i < source.length && source[i] !== '|' && source[i] !== ')') {
      const atom = readAtom();
      const { least, repeated } = readQuantifier();
      if (atom === 'nothing') continue;
      if (atom === 'anything' || least === 0) flush();
      else if ('group' in atom) {
        flush();
        sets.push(...atom.group);
      } else {
        run += atom.literal;
        if (repeated) flush();
      }
    }
    flush();
    return sets;
  };

  const readAtom = (): Atom => {
    const c = source[i++] as string;
    if (c === '\\') return readEscape();
    if (c === '[') return readClass();
    if (c === '(') return readGroup();
    if (c === '^' || c === '$') return 'nothing';
    // Folding of what is not ASCII differs between engines and this reader; it is left out.
    return c === '.' || c > '~' ? 'anything' : { literal: c };
  };

  const readEscape = (): Atom => {
    const c = source[i++];
    if (c === undefined) throw new NotAnalysed();
    if (CLASSES.has(c)) return c === 'b' || c === 'B' || c === 'A' || c === 'z' ? 'nothing' : 'anything';
    if (CONTROL[c] !== undefined) return { literal: CONTROL[c] };
    if (c === 'x' && /^[0-9a-fA-F]{2}$/.test(source.slice(i, i + 2))) {
      const code = Number.parseInt(source.slice(i, i + 2), 16);
      i += 2;
      return code < 0x7f ? { literal: String.fromCharCode(code) } : 'anything';
    }
    if (/[a-zA-Z0-9]/.test(c) || c > '~') throw new NotAnalysed();
    return { literal: c };
  };

  const readClass = (): Atom => {
    if (source[i] === '^') i++;
    if (source[i] === ']') i++;
    while (i < source.length && source[i] !== ']') {
      if (source[i] === '[' && source[i + 1] === ':') i = Math.max(i, source.indexOf(':]', i) + 1);
      i += source[i] === '\\' ? 2 : 1;
    }
    i++;
    return 'anything';
  };

  const readGroup = (): Atom => {
    if (source[i] === '?') {
      const head = /^\?(?::|P?<\w+>)/.exec(source.slice(i));
      if (head === null) throw new NotAnalysed();
      i += head[0].length;
    }
    const group = alternatives();
    if (source[i] !== ')') throw new NotAnalysed();
    i++;
    return { group };
  };

  const readQuantifier = (): { least: number; repeated: boolean } => {
    let least = 1;
    let repeated = true;
    const c = source[i];
    const counted = c === '{' ? /^\{(\d+)(?:,\d*)?\}/.exec(source.slice(i)) : null;
    if (c === '*' || c === '?') {
      least = 0;
      i++;
    } else if (c === '+') i++;
    else if (counted !== null) {
      least = Number(counted[1]);
      i += counted[0].length;
    } else repeated = false;
    if (repeated && (source[i] === '?' || source[i] === '+')) i++;
    return { least: Math.min(least, 1), repeated };
  };

  return { alternatives, done: () => i >= source.length };
}

/** The set whose members are longest; short ones say little. */
export function bestSet(sets: Sets): readonly string[] | undefined {
  const worth = (set: readonly string[]): number => Math.min(...set.map((text) => text.length)) - Math.log2(set.length) / 4;
  return [...sets].sort((a, b) => worth(b) - worth(a))[0];
}
