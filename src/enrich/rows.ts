import { csvFields } from '../decode/csv.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

/** Rows of a table file with the line each stands in: CSV with a head line, NDJSON, or a JSON list of objects. */
export function readRows(path: string, text: string): readonly { readonly row: JsonObject; readonly line: number }[] {
  const body = text.replace(/^\u{feff}/u, '');
  if (body.trimStart().startsWith('['))
    return parsed(path, 1, body, (value) => (Array.isArray(value) ? (value as readonly JsonValue[]) : [])).map(objectAt(path));
  const lines = body.split('\n').map((line) => line.replace(/\r$/, ''));
  if (body.trimStart().startsWith('{'))
    return lines.flatMap((line, i) =>
      line.trim() === ''
        ? []
        : [
            {
              row: objectOf(
                path,
                i + 1,
                parsed(path, i + 1, line, (value) => value),
              ),
              line: i + 1,
            },
          ],
    );
  const head = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#'));
  if (head < 0) return [];
  const names = csvFields(lines[head] as string).map((name) => name.trim());
  return lines.slice(head + 1).flatMap((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const values = csvFields(line);
    if (values.length > names.length)
      throw new WardlineError('settings', `${path}:${head + 2 + i}: ${values.length} columns; the head line names ${names.length}`);
    const row = Object.fromEntries(
      names.flatMap((name, k) => (values[k] === undefined || values[k] === '' ? [] : [[name, values[k]] as const])),
    );
    return [{ row, line: head + 2 + i }];
  });
}

function parsed<T>(path: string, line: number, text: string, read: (value: JsonValue) => T): T {
  try {
    return read(JSON.parse(text) as JsonValue);
  } catch (error) {
    throw new WardlineError('settings', `${path}:${line}: ${messageOf(error)}`, { cause: error });
  }
}

function objectOf(path: string, line: number, value: JsonValue): JsonObject {
  if (!isObject(value)) throw new WardlineError('settings', `${path}:${line}: an object is expected`);
  return value;
}

const objectAt =
  (path: string) =>
  (value: JsonValue, i: number): { readonly row: JsonObject; readonly line: number } => ({
    row: objectOf(path, i + 1, value),
    line: i + 1,
  });
