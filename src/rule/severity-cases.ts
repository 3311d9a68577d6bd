import { isList, isMap, type Plain } from './document.ts';
import { LEVELS, type SeverityCase } from './ir/rule.ts';
import type { ProblemReporter } from './problem.ts';

const KEYS: readonly string[] = ['level', 'count', 'fields'];

/** Reads `wardline.alert.severity`, an ordered list of cases; a broken one is reported and left out. */
export function readSeverityCases(written: Plain | undefined, report: ProblemReporter): readonly SeverityCase[] | undefined {
  if (written === undefined) return undefined;
  const path = ['wardline', 'alert', 'severity'];
  if (!isList(written)) {
    report.error(
      path,
      'value/severity',
      'severity is a list of cases, such as [{ level: critical, count: 100 }]; the first that holds wins',
    );
    return undefined;
  }
  return written.flatMap((one, i) => {
    const found = readCase(one, [...path, i], report);
    return found === undefined ? [] : [found];
  });
}

function readCase(written: Plain, path: readonly (string | number)[], report: ProblemReporter): SeverityCase | undefined {
  if (!isMap(written)) {
    report.error(path, 'value/severity', 'a case has a level and a count, fields, or both');
    return undefined;
  }
  const unknown = Object.keys(written).filter((key) => !KEYS.includes(key));
  for (const key of unknown)
    report.error([...path, key], 'value/severity', `"${key}" is not known here; known: ${KEYS.join(', ')}`, undefined, 'key');
  const { level: text, count, fields: wanted } = written;
  const level = LEVELS.find((one) => one === text);
  if (level === undefined) report.error([...path, 'level'], 'value/severity', `level is one of ${LEVELS.join(', ')}`);
  const counted = typeof count === 'number' && Number.isSafeInteger(count) && count > 0;
  if (count !== undefined && !counted)
    report.error([...path, 'count'], 'value/severity', 'count is how many events the alert has at least, a whole number from 1');
  if (wanted !== undefined && (!isMap(wanted) || Object.values(wanted).flat().some(isMap)))
    report.error([...path, 'fields'], 'value/severity', 'fields is a map of fields and the values they have, one or a list');
  if (count === undefined && wanted === undefined)
    report.error(path, 'value/severity', 'a case without count and fields always holds; write the level of the rule instead');
  if (level === undefined || unknown.length > 0 || (count !== undefined && !counted)) return undefined;
  const fields = Object.entries(isMap(wanted) ? wanted : {}).map(
    ([field, value]) => [field, (isList(value) ? value : [value]).map(String)] as const,
  );
  return { level, ...(counted ? { count } : {}), fields: Object.fromEntries(fields) };
}
