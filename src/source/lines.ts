import { fromUtf16, type Utf16 } from '../decode/charset.ts';

const NEWLINE = 0x0a;

/** One line with where it begins in its stream. */
export type Line = { readonly offset: bigint; readonly bytes: Uint8Array };

/**
 * Cuts a stream of chunks into lines. A line longer than `limit` is given as its first `limit` + 1 bytes, so that the
 * decoder refuses it with its size; the rest is skipped without being kept. Borders depend on content alone. Lines of UTF-16
 * (`order`) are given as UTF-8; their offsets stay those of the stream, which begins at an even one.
 */
export function createLineCutter(
  start: bigint,
  limit: number,
  order?: Utf16,
): { push(chunk: Uint8Array): Line[]; rest(): Line | undefined; lineStart(): bigint; position(): bigint } {
  let parts: Uint8Array[] = [];
  let kept = 0;
  let lineStart = start;
  let position = start;

  const keep = (bytes: Uint8Array): void => {
    const room = limit + 1 - kept;
    if (room <= 0 || bytes.length === 0) return;
    const taken = bytes.length > room ? bytes.subarray(0, room) : bytes;
    parts.push(taken);
    kept += taken.length;
  };
  const finish = (): Line => {
    const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    const line = { offset: lineStart, bytes: order === undefined || bytes.length > limit ? bytes : fromUtf16(bytes, order) };
    parts = [];
    kept = 0;
    return line;
  };
  /** Where the line break at or after a place in the chunk ends, and the text before it; undefined: there is none. */
  const breakAfter = (chunk: Uint8Array, from: number): { readonly text: number; readonly end: number } | undefined => {
    for (let at = chunk.indexOf(NEWLINE, from); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
      if (order === undefined) return { text: at, end: at + 1 };
      const even = (position + BigInt(at)) % 2n === 0n;
      if (order === 'little' && even && chunk[at + 1] === 0) return { text: at, end: at + 2 };
      if (order === 'big' && !even && chunk[at - 1] === 0) return { text: at - 1, end: at + 1 };
    }
    return undefined;
  };
  let half: Uint8Array = new Uint8Array();

  return {
    push(given) {
      const lines: Line[] = [];
      // A unit of UTF-16 that was cut by the end of a chunk waits for its other half.
      const whole = order === undefined || half.length === 0 ? given : Buffer.concat([half, given]);
      const chunk = order === undefined ? whole : whole.subarray(0, whole.length & ~1);
      if (order !== undefined) half = whole.subarray(chunk.length);
      let from = 0;
      for (let found = breakAfter(chunk, 0); found !== undefined; found = breakAfter(chunk, from)) {
        keep(chunk.subarray(from, found.text));
        lines.push(finish());
        from = found.end;
        lineStart = position + BigInt(from);
      }
      keep(chunk.subarray(from));
      position += BigInt(chunk.length);
      return lines;
    },
    rest: () => (kept > 0 ? finish() : undefined),
    lineStart: () => lineStart,
    position: () => position,
  };
}
