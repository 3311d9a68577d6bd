/** A seeded generator of numbers from 0 up to 1 (mulberry32): the same seed, the same run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What readers of text trip over: marks without their partner, escapes, separators, names every object has. */
export const FRAGMENTS = [
  ...[
    '"',
    "'",
    '\\',
    '\\"',
    '[',
    ']',
    '{',
    '}',
    '(',
    ')',
    '<',
    '>',
    '|',
    '=',
    ':',
    ';',
    ',',
    ', ',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\0',
    '-',
    '/',
    '%',
    '%2',
  ],
  ...[
    'a=',
    'a="',
    '"a" ',
    '[x] ',
    '{|} ',
    ' - - ',
    ': ',
    ' : ',
    '::',
    '1.',
    '::1,',
    '10.0.0.1, ',
    '0/',
    'x/',
    '\\|',
    '\\=',
    'a\\',
    '""',
    '"",',
  ],
  ...[
    '__proto__',
    'constructor=',
    '"__proto__":{}',
    'toString',
    '9'.repeat(20),
    '1e999',
    '\u{feff}',
    '\u{1f600}',
    '\ud800',
    'é',
    ' from ',
    ' for user ',
    ' user ',
  ],
];

/** One line cut, doubled, spliced with another or strewn with fragments, up to a few times. */
export function mutated(line: string, other: string, random: () => number): string {
  let text = line;
  const place = (length = text.length): number => Math.floor(random() * (length + 1));
  for (let i = 0; i < 1 + Math.floor(random() * 4); i++) {
    const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number];
    const fragment = FRAGMENTS[Math.floor(random() * FRAGMENTS.length)] as string;
    switch (Math.floor(random() * 7)) {
      case 0:
        text = text.slice(0, from) + text.slice(to);
        break;
      case 1:
        text = text.slice(0, to) + text.slice(from, to) + text.slice(to);
        break;
      case 2:
        text = text.slice(0, from) + other.slice(place(other.length));
        break;
      case 3:
        text = text.slice(0, from) + fragment.repeat(1 + Math.floor(random() * 50)) + text.slice(from);
        break;
      case 4:
        text = text.slice(0, from) + String.fromCharCode(Math.floor(random() * 0x300)) + text.slice(from + 1);
        break;
      case 5:
        text = text.slice(0, from);
        break;
      default:
        text = text.slice(0, from) + fragment + text.slice(to);
    }
  }
  return text.slice(0, 20_000);
}
