import { type Columns, isDirective } from '../../decode/columns.ts';
import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';

const NUMERIC = /^(?:count|int|port|double|interval)$/;
/** Directives that Zeek alone has, and writes before it names the columns. */
const BEFORE_NAMES = /^#(?:separator \\x[0-9a-fA-F]{2}|(?:set_separator|empty_field|unset_field|path|open)\t.{1,256})\r?$/;
const LIST = /^(?:set|vector|table)\[(.*)\]$/;

/**
 * A line of Zeek's own ASCII logs by the head of its file (Zeek manual, "Log Files"), in the shape that Zeek writes as JSON;
 * a line of the head is an event that says nothing more.
 */
export function parseZeekTsv({ text, columns }: TextLine): JsonObject | undefined {
  if (columns === undefined && BEFORE_NAMES.test(text)) return { message: text };
  if (columns?.kind !== 'zeek') return undefined;
  const log = columns.about.get('path')?.trim();
  if (isDirective(text)) return { ...(log === undefined ? {} : { _path: log }), message: text };
  const values = text.replace(/\r$/, '').split(separatorOf(columns));
  if (values.length !== columns.names.length) return undefined;
  const types = columns.about.get('types')?.split('\t') ?? [];
  const document: Record<string, JsonValue> = Object.create(null);
  if (log !== undefined) document['_path'] = log;
  columns.names.forEach((name, i) => {
    const value = readValue(values[i] as string, types[i] ?? 'string', columns);
    if (value !== undefined) document[name] = value;
  });
  return document;
}

/** `#separator \x09`; the head itself is always written with tabs. */
function separatorOf({ about }: Columns): string {
  const written = /^\\x([0-9a-fA-F]{2})$/.exec(about.get('separator')?.trim() ?? '');
  return written === null ? '\t' : String.fromCharCode(Number.parseInt(written[1] as string, 16));
}

function readValue(text: string, type: string, { about }: Columns): JsonValue | undefined {
  if (text === (about.get('unset_field') ?? '-')) return undefined;
  const list = LIST.exec(type);
  if (text === (about.get('empty_field') ?? '(empty)')) return list === null ? '' : [];
  if (list !== null) return text.split(about.get('set_separator') ?? ',').map((one) => scalarOf(one, list[1] as string));
  return scalarOf(text, type);
}

function scalarOf(text: string, type: string): JsonValue {
  if (type === 'bool') return text === 'T';
  if (NUMERIC.test(type) && /^-?\d{1,15}(?:\.\d{1,9})?$/.test(text)) return Number(text);
  return text.replaceAll(/\\x([0-9a-fA-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
