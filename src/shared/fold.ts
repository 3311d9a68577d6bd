/**
 * Unicode simple case folding, one code point to one code point (CaseFolding.txt, statuses C and S): two texts are equal
 * without letter case if their folded forms are. Rules and events go through this one function.
 */
export function fold(text: string): string {
  return isAscii(text) ? text.toLowerCase() : foldWide(text);
}

/** The UTF-8 length is counted by the runtime's vector code, faster than any loop or expression over longer text. */
function isAscii(text: string): boolean {
  if (text.length > 24) return Buffer.byteLength(text) === text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Unit by unit in a copy: a text that is built letter by letter costs twenty times as much, and whoever writes events chooses it. */
function foldWide(text: string): string {
  // Buffers begin at multiples of eight bytes.
  const bytes = Buffer.allocUnsafe(2 * text.length);
  bytes.write(text, 'utf16le');
  const units = new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
  for (let i = 0; i < units.length; i++) {
    const unit = units[i] as number;
    if (unit === 0) continue;
    const folded = FOLDED[unit] || learn(unit);
    if (folded !== PAIR) units[i] = folded;
    else if (isPair(unit, units[i + 1])) {
      const pair = folding(String.fromCharCode(unit, units[i + 1] as number));
      units[i] = pair.charCodeAt(0);
      units[++i] = pair.charCodeAt(1);
    }
  }
  return bytes.toString('utf16le');
}

/** What each unit folds to: 0 not asked yet, `PAIR` for the first half of a pair, which no unit folds to. */
const FOLDED = new Uint16Array(65_536);
const PAIR = 0xd800;

function learn(unit: number): number {
  const folded = unit >= 0xd800 && unit <= 0xdbff ? PAIR : folding(String.fromCharCode(unit)).charCodeAt(0);
  FOLDED[unit] = folded;
  return folded;
}

const isPair = (first: number, second: number | undefined): boolean =>
  first <= 0xdbff && first >= 0xd800 && second !== undefined && second >= 0xdc00 && second <= 0xdfff;

/** Lower case of upper case gathers variants (final sigma, long s, Kelvin sign); what would grow stays as it is. */
function folding(char: string): string {
  // Dotless i has upper case I, yet folds to itself outside Turkic languages.
  if (char === '\u0131') return char;
  const upper = single(char.toUpperCase(), char);
  return single(upper.toLowerCase(), single(char.toLowerCase(), char));
}

/** One code point of as many units as before: all pairs of letters that differ by case alone are such. */
const single = (text: string, otherwise: string): string => (text.length === otherwise.length && [...text].length === 1 ? text : otherwise);
