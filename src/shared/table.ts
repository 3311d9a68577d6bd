const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}]/u;

/** Text that a terminal shows and nothing else: control, bidi and zero-width characters are written as `\u{...}`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same for a text of several lines, which stay lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Cells a text takes on a terminal. */
export function cells(text: string): number {
  let width = 0;
  for (const char of text) width += WIDE.test(char) ? 2 : 1;
  return width;
}

function clip(text: string, width: number): string {
  if (cells(text) <= width) return text + ' '.repeat(width - cells(text));
  let out = '';
  let used = 0;
  for (const char of text) {
    const next = used + cells(char);
    if (next > width - 1) break;
    out += char;
    used = next;
  }
  return `${out}…${' '.repeat(Math.max(0, width - used - 1))}`;
}

export type Column = { readonly title: string; readonly max?: number };

/** A plain table for people: aligned by cells, data escaped, long values cut with an ellipsis. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title, max = 80 }, i) => Math.min(max, Math.max(cells(title), ...shown.map((row) => cells(row[i] ?? '')))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => clip(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title.toUpperCase())), ...shown.map(line)].join('\n');
}
