/**
 * Texts that many matches share, by number: names of sources and rules, and the names of fields in their order. Bounded,
 * since events give field names: what finds no room has the number 0 and is written out. Part of a checkpoint.
 */
export type HitWords = {
  /** The number of a text, 0 where it has none. */
  wordOf(text: string): number;
  word(number: number): string;
  /** The number of a list of names that begins as `shape` and has `name` behind; 0 where it has none. */
  shapeOf(shape: number, name: string): number;
  names(shape: number): readonly string[];
  snapshot(): StoredWords;
};

export type StoredWords = { readonly words: readonly string[]; readonly shapes: readonly (readonly [before: number, name: string])[] };

/** The number of the list without names. */
export const NO_NAMES = 1;

const MOST_WORDS = 4096;
const MOST_SHAPES = 16_384;
const LONGEST = 200;

type Shape = { readonly names: readonly string[]; readonly next: Map<string, number> };

export function createHitWords(stored: StoredWords = { words: [], shapes: [] }): HitWords {
  const words = ['', ...stored.words];
  const numbers = new Map(stored.words.map((word, i) => [word, i + 1]));
  const shapes: Shape[] = [
    { names: [], next: new Map() },
    { names: [], next: new Map() },
  ];
  const list: (readonly [number, string])[] = [];
  const addShape = (before: number, name: string): number => {
    const { names, next } = shapes[before] as Shape;
    const number = shapes.push({ names: [...names, name], next: new Map() }) - 1;
    next.set(name, number);
    list.push([before, name]);
    return number;
  };
  for (const [before, name] of stored.shapes) addShape(before, name);
  return {
    wordOf(text) {
      const known = numbers.get(text);
      if (known !== undefined) return known;
      if (text.length > LONGEST || words.length > MOST_WORDS) return 0;
      const number = words.push(text) - 1;
      numbers.set(text, number);
      return number;
    },
    word: (number) => words[number] ?? '',
    shapeOf(shape, name) {
      const known = shapes[shape]?.next.get(name);
      if (known !== undefined) return known;
      return shape === 0 || name.length > LONGEST || shapes.length > MOST_SHAPES ? 0 : addShape(shape, name);
    },
    names: (shape) => shapes[shape]?.names ?? [],
    snapshot: () => ({ words: words.slice(1), shapes: [...list] }),
  };
}
