import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { messageOf } from '../shared/errors.ts';

export type UnpackLimits = { readonly maxUnpackedBytes: number; readonly maxRatio: number };
export type Unpacked = { readonly bytes: Uint8Array } | { readonly reason: 'too-large' | 'invalid-compression'; readonly detail: string };

/** The compression that bytes are in by their first bytes: RFC 1952, RFC 8878. */
export function compressionOf(bytes: Uint8Array): 'gzip' | 'zstd' | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd ? 'zstd' : undefined;
}

/** Small payloads may unpack to this much whatever their ratio. */
const FREE_BYTES = 1024 * 1024;

/** Takes one compression off within the limits: a few bytes may hold gigabytes. */
export function unpack(bytes: Uint8Array, compression: 'gzip' | 'zstd', { maxUnpackedBytes, maxRatio }: UnpackLimits): Unpacked {
  const maxOutputLength = Math.min(maxUnpackedBytes, Math.max(FREE_BYTES, bytes.length * maxRatio));
  try {
    return { bytes: compression === 'gzip' ? gunzipSync(bytes, { maxOutputLength }) : zstdDecompressSync(bytes, { maxOutputLength }) };
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      return { reason: 'too-large', detail: `${bytes.length} bytes of ${compression} unpack to more than ${maxOutputLength}` };
    return { reason: 'invalid-compression', detail: `${compression}: ${messageOf(error)}` };
  }
}
