const UNIT_SECONDS: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3600n, d: 86_400n, w: 604_800n };
const NANOS_PER_SECOND = 1_000_000_000n;

/** Reads `90s`, `15m`, `1h30m`, `7d`, `2w`; nanoseconds, or undefined if the text is no duration. */
export function tryParseDuration(text: string): bigint | undefined {
  if (!/^(?:[1-9]\d{0,8}[smhdw])+$/.test(text)) return undefined;
  let seconds = 0n;
  for (const [, digits = '0', unit = 's'] of text.matchAll(/(\d+)([smhdw])/g)) seconds += BigInt(digits) * (UNIT_SECONDS[unit] ?? 0n);
  return seconds * NANOS_PER_SECOND;
}

/** `300000000000n` -> `5m`: the shortest exact form. */
export function durationText(nanos: bigint): string {
  let seconds = nanos / NANOS_PER_SECOND;
  if (seconds * NANOS_PER_SECOND !== nanos) return `${Number(nanos) / 1e9}s`;
  let out = '';
  for (const [unit, size] of [
    ['d', 86_400n],
    ['h', 3600n],
    ['m', 60n],
    ['s', 1n],
  ] as const) {
    const n = seconds / size;
    if (n > 0n) out += `${n}${unit}`;
    seconds -= n * size;
  }
  return out === '' ? '0s' : out;
}
