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

function foldWide(text: string): string {
  let out = '';
  for (const char of text) out += foldChar(char);
  return out;
}

const memo = new Map<string, string>();

function foldChar(char: string): string {
  let folded = memo.get(char);
  if (folded === undefined) {
    folded = folding(char);
    if (memo.size > 8192) memo.clear();
    memo.set(char, folded);
  }
  return folded;
}

/** Lower case of upper case gathers variants (final sigma, long s, Kelvin sign); what would grow stays as it is. */
function folding(char: string): string {
  // Dotless i has upper case I, yet folds to itself outside Turkic languages.
  if (char === '\u0131') return char;
  const upper = single(char.toUpperCase(), char);
  return single(upper.toLowerCase(), single(char.toLowerCase(), char));
}

const single = (text: string, otherwise: string): string => ([...text].length === 1 ? text : otherwise);
