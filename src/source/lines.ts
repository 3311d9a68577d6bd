const NEWLINE = 0x0a;

/** One line with where it begins in its stream. */
export type Line = { readonly offset: bigint; readonly bytes: Uint8Array };

/**
 * Cuts a stream of chunks into lines. A line longer than `limit` is given as its first `limit` + 1 bytes, so that the
 * decoder refuses it with its size; the rest is skipped without being kept. Borders depend on content alone.
 */
export function createLineCutter(
  start: bigint,
  limit: number,
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
    const line = { offset: lineStart, bytes: parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts) };
    parts = [];
    kept = 0;
    return line;
  };

  return {
    push(chunk) {
      const lines: Line[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        keep(chunk.subarray(from, at));
        lines.push(finish());
        from = at + 1;
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
