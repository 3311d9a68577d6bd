import { printable } from '../shared/table.ts';

/** Markup that is safe to insert as it is. Made only by `html`, which escapes everything else. */
export type Markup = { readonly markup: string };

/** Text for element content and for attribute values in double quotes; what cannot be seen is written as `\u{...}`. */
export function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

type Part = Markup | string | number | readonly Markup[];

/** Template that escapes every value except markup made by itself. Attribute values must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let markup = strings[0] ?? '';
  for (const [i, value] of values.entries()) markup += partText(value) + (strings[i + 1] ?? '');
  return { markup };
}

function partText(value: Part): string {
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if ('markup' in value) return value.markup;
  return value.map((part) => part.markup).join('');
}

export const nothing: Markup = { markup: '' };

export type Column<T> = { readonly head: string; readonly cell: (row: T) => Markup | string | number; readonly numeric?: boolean };

/** A table never shows more rows than this; the CSV has them all. */
export const MAX_TABLE_ROWS = 500;

/** A table with caption and scoped heads; the first column names the row. */
export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[]): Markup {
  if (rows.length === 0) return html`<p>${caption}: none.</p>`;
  const heads = columns.map(({ head, numeric }) => html`<th scope="col"${numeric ? { markup: ' class="n"' } : nothing}>${head}</th>`);
  const body = rows.slice(0, MAX_TABLE_ROWS).map((row) => {
    const cells = columns.map(({ cell, numeric }, i) => {
      if (i === 0) return html`<th scope="row">${cell(row)}</th>`;
      return html`<td${numeric ? { markup: ' class="n"' } : nothing}>${cell(row)}</td>`;
    });
    return html`<tr>${cells}</tr>
`;
  });
  const more =
    rows.length > MAX_TABLE_ROWS ? html`<p>${rows.length - MAX_TABLE_ROWS} further rows: see the CSV or JSON form.</p>` : nothing;
  return html`<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody></table>${more}`;
}
