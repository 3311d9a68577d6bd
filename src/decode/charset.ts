import { isUtf8 } from 'node:buffer';

/** Text as UTF-8 without its byte order mark; `repaired`: some bytes were no UTF-8 and stand as the characters they may be. */
export type Utf8 = { readonly bytes: Uint8Array; readonly repaired: boolean };

/**
 * Any bytes as UTF-8. UTF-16 is told by its mark. A byte that is no UTF-8 becomes its Latin-1 letter, or U+FFFD where
 * Latin-1 has a control character: one bad byte must not hide the rest of a line from the rules. Linear.
 */
export function toUtf8(bytes: Uint8Array): Utf8 {
  const wide = utf16Of(bytes);
  if (wide !== undefined) return { bytes: fromUtf16(bytes.subarray(2), wide), repaired: false };
  const body = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  return isUtf8(body) ? { bytes: body, repaired: false } : { bytes: repair(body), repaired: true };
}

export type Utf16 = 'little' | 'big';

/** The byte order of a text that begins with a mark of UTF-16 (RFC 2781). */
export function utf16Of(bytes: Uint8Array): Utf16 | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'little';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'big' : undefined;
}

export function fromUtf16(bytes: Uint8Array, order: Utf16): Uint8Array {
  const even = bytes.subarray(0, bytes.length & ~1);
  const units = Buffer.from(even);
  return Buffer.from((order === 'big' ? units.swap16() : units).toString('utf16le'));
}

/** Each byte that is not part of well-formed UTF-8 by itself; everything else as it is. */
function repair(bytes: Uint8Array): Uint8Array {
  // A byte becomes at most three.
  const out = Buffer.allocUnsafe(bytes.length * 3);
  let length = 0;
  for (let i = 0; i < bytes.length; ) {
    const size = sequenceAt(bytes, i);
    const byte = bytes[i] as number;
    if (size > 0) for (const end = i + size; i < end; i++) out[length++] = bytes[i] as number;
    else {
      const character = byte < 0xa0 ? 0xfffd : byte;
      length += out.write(String.fromCharCode(character), length, 'utf8');
      i++;
    }
  }
  return out.subarray(0, length);
}

/** Length of the well-formed sequence (Unicode, table 3-7) at a place; 0 if there is none. */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const size = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (size === 0 || second < low || second > high) return 0;
  for (let k = 2; k < size; k++) if (((bytes[at + k] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}
