import { tryParseDuration } from '../../shared/duration.ts';
import { isObject, type JsonValue } from '../../shared/json.ts';
import type { LookupFact } from '../ir/rule.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { reportUnknownKeys } from './unknown-keys.ts';

const KEYS = ['of', 'timeout', 'cache', 'on_failure'];

/** Is an entry of a file of kind Facts a look-up, and not a constant? */
export const isLookup = (value: JsonValue): boolean => isObject(value) && Object.keys(value).length === 1 && Object.hasOwn(value, 'lookup');

/** Reads `{"lookup": {"of": [fields], "timeout": "500ms", "cache": "10m", "on_failure": ...}}`. */
export function readLookup(name: string, value: JsonValue, path: DocumentPath, report: ProblemReporter): LookupFact | undefined {
  const lookup = isObject(value) ? value['lookup'] : undefined;
  if (lookup === undefined || !isObject(lookup)) {
    report.error(path, 'json-rules/lookup', 'lookup is a map of of, timeout, cache, on_failure');
    return undefined;
  }
  reportUnknownKeys(lookup, path, KEYS, report);
  const of = lookup['of'];
  const fields = Array.isArray(of) ? (of as readonly JsonValue[]).filter((field) => typeof field === 'string') : [];
  if (!Array.isArray(of) || fields.length === 0 || fields.length < of.length)
    report.error([...path, 'of'], 'json-rules/lookup', 'of names the fields of the event that the fact is asked by');
  const timeoutMs = readMs(lookup['timeout'] ?? '1s', [...path, 'timeout'], 'timeout', report);
  const cacheMs = readMs(lookup['cache'] ?? '5m', [...path, 'cache'], 'cache', report);
  const failure = lookup['on_failure'] ?? 'no-match';
  const known = failure === 'no-match' || failure === 'match' || failure === 'missing';
  if (!known && !(isObject(failure) && Object.hasOwn(failure, 'value')))
    report.error([...path, 'on_failure'], 'json-rules/lookup', 'on_failure is no-match, match, missing, or a map with value');
  const onFailure = known ? failure : { value: isObject(failure) ? (failure['value'] ?? null) : null };
  return { name, of: fields, timeoutMs, cacheMs, onFailure };
}

function readMs(value: JsonValue, path: DocumentPath, name: string, report: ProblemReporter): number {
  const text = String(value);
  const ms = /^(\d{1,7})ms$/.exec(text)?.[1];
  const nanos = text === '0' || text === '0s' ? 0n : tryParseDuration(text);
  if (ms === undefined && nanos === undefined)
    report.error(path, 'json-rules/lookup', `${name} is a duration such as 500ms or 10m, not "${text}"`);
  return ms === undefined ? Number((nanos ?? 0n) / 1_000_000n) : Number(ms);
}
