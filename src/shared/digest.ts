import { createHash } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case hex SHA-256. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** RFC 4648 base32, lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(buffer >>> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  if (bits > 0) out += ALPHABET[(buffer << (5 - bits)) & 31];
  return out;
}

/**
 * A deterministic id of a tuple: base32(sha256(length-prefixed parts)), cut to 26 characters (130 bits).
 * Each part carries its UTF-8 byte length, so no two different tuples hash the same bytes.
 */
export function tupleId(parts: readonly string[]): string {
  const hash = createHash('sha256');
  const length = Buffer.alloc(4);
  for (const part of parts) {
    // Lone surrogates would all encode to the same replacement bytes; the JSON escape keeps them apart.
    const text = part.isWellFormed() ? `s${part}` : `j${JSON.stringify(part)}`;
    length.writeUInt32BE(Buffer.byteLength(text));
    hash.update(length).update(text);
  }
  return base32(hash.digest()).slice(0, 26);
}
