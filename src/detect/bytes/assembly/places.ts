import { endOf, FANNED, flagsOfLine, kindAt, MISSING, startOf } from './tokenizer';

// Where a field of the line is. A slot is [is some place deep, places, then each; further steps, then each: a place and 0, or
// -1 and a list of places [count, place...], of which none is present where the step says nothing, or 0].

/** The field is missing. */
export const NOWHERE: i32 = -1;
/** Only the caller can say. */
export const ELSEWHERE: i32 = -2;

/** The one place that answers for a slot. */
export function placeOf(slot: usize): i32 {
  if (load<i32>(slot) !== 0 && (flagsOfLine() & FANNED) !== 0) return ELSEWHERE;
  let p = slot + 8;
  let end = p + (load<u32>(slot, 4) << 2);
  for (; p < end; p += 4) {
    const place = load<i32>(p);
    if (kindAt(place) !== MISSING) return place;
  }
  end = p + 4 + (load<u32>(p) << 3);
  for (p += 4; p < end; p += 8) {
    const place = load<i32>(p);
    if (place >= 0) {
      if (kindAt(place) !== MISSING) return place;
    } else {
      const silent: usize = load<u32>(p, 4);
      if (silent === 0 || hasAny(silent)) return ELSEWHERE;
    }
  }
  return NOWHERE;
}

/** Is there a value at any of a list of places? */
export function hasAny(places: usize): bool {
  const end = places + 4 + (load<u32>(places) << 2);
  for (let p = places + 4; p < end; p += 4) if (kindAt(load<i32>(p)) !== MISSING) return true;
  return false;
}

let lower: usize = 0;

/** Where the line in lower case is. */
export function setLower(at: usize): void {
  lower = at;
}

export function lowerStart(place: i32): usize {
  return lower + startOf(place);
}

export function lowerEnd(place: i32): usize {
  return lower + endOf(place);
}
