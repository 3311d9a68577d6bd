// Which UTF-16 units a text has: one pass over it spares looking for most of many literals. One list of stamps for all texts,
// used again; nothing is kept from one text to the next.

const stamps = new Uint32Array(65_536);
let generation = 0;

/** From fewer literals on, looking for each costs less than the pass. */
export const MANY_LITERALS = 12;

/** Notes the units of a text, which `hasUnitsOf` is asked about next. */
export function noteUnits(text: string): void {
  if (generation === 0xffffffff) {
    stamps.fill(0);
    generation = 0;
  }
  generation++;
  for (let i = 0; i < text.length; i++) stamps[text.charCodeAt(i)] = generation;
}

/** False: the text noted last does not contain the literal. */
export function hasUnitsOf(literal: string): boolean {
  for (let i = 0; i < literal.length; i++) if (stamps[literal.charCodeAt(i)] !== generation) return false;
  return true;
}
