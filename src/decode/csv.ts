/** One CSV record (RFC 4180), which may hold line breaks inside quotes; a quote that is never closed ends with the text. Linear. */
export function csvFields(text: string, separator = ','): readonly string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const { value, end } = quotedField(text, at + 1);
      fields.push(value);
      at = text.indexOf(separator, end);
    } else {
      const end = text.indexOf(separator, at);
      fields.push(end < 0 ? text.slice(at) : text.slice(at, end));
      at = end;
    }
    if (at < 0) return fields;
    at += separator.length;
  }
}

function quotedField(text: string, begin: number): { readonly value: string; readonly end: number } {
  let value = '';
  let at = begin;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { value: value + text.slice(at), end: text.length };
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}
