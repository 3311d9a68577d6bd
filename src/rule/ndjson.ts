import { messageOf } from '../shared/errors.ts';
import type { Plain, PlainMap, SourceDocument } from './document.ts';
import { isMap } from './document.ts';
import { CONTEXT_STORES } from './ir/condition.ts';
import type { Problem } from './problem.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_PROBLEMS = 20;
const NAME = /(?:^|[\\/])([a-z]+)(?:\.[^\\/]*)?\.ndjson$/i;

/** `device.ndjson`, `device.intune.ndjson`: records of a context store, one a line. Other files of lines are none of ours. */
export function isContextLines(path: string): boolean {
  const store = NAME.exec(path)?.[1]?.toLowerCase();
  return CONTEXT_STORES.some((known) => known === store);
}

/**
 * A context store as lines of JSON, for stores that a program writes: a record on each line as in `records`, and on the
 * first, if it has `kind: Context`, what is true of all (`as_of`, `max_age`). The name of the file names the store.
 */
export function readContextLines({ path, text }: { readonly path: string; readonly text: string }): {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const report = (line: number, code: string, message: string): void => {
    if (problems.length < MAX_PROBLEMS)
      problems.push({ place: { file: path, line, column: 1 }, severity: 'error', code, path: [], message });
  };
  if (Buffer.byteLength(text) > MAX_BYTES) {
    report(1, 'yaml/too-large', `the file has ${Buffer.byteLength(text)} bytes; the limit is ${MAX_BYTES}`);
    return { documents: [], problems };
  }
  let head: PlainMap = { kind: 'Context', store: NAME.exec(path)?.[1]?.toLowerCase() ?? '' };
  const records: Plain[] = [];
  const lines: number[] = [];
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const value = parsed(line, (message) => report(n + 1, 'context/line', message));
    if (value === undefined) continue;
    if (isMap(value) && value['kind'] !== undefined) {
      if (records.length > 0) report(n + 1, 'context/line', 'what is true of all records stands on the first line');
      head = { ...head, ...value };
    } else {
      records.push(value);
      lines.push(n + 1);
    }
  }
  if (problems.length > 0) return { documents: [], problems };
  const document: SourceDocument = {
    file: path,
    value: { ...head, records },
    placeOf: ([part, n]) => ({ file: path, line: part === 'records' && typeof n === 'number' ? (lines[n] ?? 1) : 1, column: 1 }),
    sourceText: () => undefined,
    isQuoted: () => true,
  };
  return { documents: [document], problems };
}

function parsed(line: string, report: (message: string) => void): Plain | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (isMap(value)) return value;
    report('a line is one record, a map with key and data');
  } catch (error) {
    report(`this line is no JSON: ${messageOf(error)}`);
  }
  return undefined;
}
