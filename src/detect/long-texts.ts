// Which words of four units a long text has: one pass over it spares looking through all of it for most of the literals that
// it does not have. One text is noted at a time, in tables that are used again.

/** Shorter texts are looked through faster than anything is noted. */
const LONG = 16_384;
/** A pass costs as much as looking for so many literals; a text that is asked about less often is not worth it. */
const WORTH = 16;

const WORD = 4;
const MIX = 0x9e3779b1;
const SHIFT = 32 - 21;
const bitmap = new Int32Array(1 << 16);

let noted: string | undefined;
let asked = 0;

/** False: the text does not contain the literal. */
export function mayContain(text: string, literal: string): boolean {
  if (text.length < LONG || literal.length < WORD) return true;
  if (text !== noted) {
    if (++asked < WORTH) return true;
    note(text);
  }
  for (let i = 0; i + WORD <= literal.length; i++) {
    const hash = hashAt(literal, i);
    if (((bitmap[hash >>> 5] as number) & (1 << (hash & 31))) === 0) return false;
  }
  return true;
}

function note(text: string): void {
  noted = text;
  asked = 0;
  bitmap.fill(0);
  let word = 0;
  for (let i = 0; i < text.length; i++) {
    word = (word << 8) ^ text.charCodeAt(i);
    const hash = Math.imul(word, MIX) >>> SHIFT;
    bitmap[hash >>> 5] = (bitmap[hash >>> 5] as number) | (1 << (hash & 31));
  }
}

/** As the pass hashes the word that begins there; of units before it nothing is left. */
function hashAt(text: string, at: number): number {
  let word = 0;
  for (let k = 0; k < WORD; k++) word = (word << 8) ^ text.charCodeAt(at + k);
  return Math.imul(word, MIX) >>> SHIFT;
}
