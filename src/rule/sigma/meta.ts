import { tryParseDuration } from '../../shared/duration.ts';
import { readAlertMeta } from '../alert-meta.ts';
import { isList, isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import { type Dedup, LEVELS, type Level, type RuleMeta } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';

const HOUR = 3_600_000_000_000n;
/** How matches of a rule that alerts alone fold into one alert unless the rule says otherwise. */
export const DEFAULT_DEDUP: Exclude<Dedup, 'each'> = { by: ['host.name', 'user.name', 'source.ip'], within: HOUR };

export const textOf = (value: Plain | undefined): string | undefined =>
  value === undefined || value === null || typeof value === 'object' ? undefined : String(value);

/** A text, or a list of texts, as a list. */
export function textsOf(value: Plain | undefined): readonly string[] {
  if (isList(value)) return value.map((item) => textOf(item)).filter((item) => item !== undefined);
  const single = textOf(value);
  return single === undefined ? [] : [single];
}

const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

/** What every Sigma document says besides its logic. Reports a missing title and an unknown level. */
export function readMeta(document: SourceDocument, map: PlainMap, report: ProblemReporter): RuleMeta {
  const title = textOf(map['title']);
  if (title === undefined || title.trim() === '') report.error(['title'], 'meta/title', 'a rule needs a title');
  const written = textOf(map['level'])?.toLowerCase();
  const level = LEVELS.find((known) => known === written);
  if (written !== undefined && level === undefined)
    report.error(['level'], 'meta/level', `"${written}" is no level; write one of ${LEVELS.join(', ')}`);
  const status = textOf(map['status']);
  if (status !== undefined && !STATUSES.some((known) => known === status))
    report.warn(['status'], 'meta/status', `"${status}" is no status; write one of ${STATUSES.join(', ')}`);
  const alert = readAlertMeta(map['wardline'], report);
  return {
    title: title ?? '',
    name: textOf(map['name']),
    description: textOf(map['description'])?.trim(),
    level: level ?? ('medium' satisfies Level),
    status,
    author: (textOf(map['author']) ?? '')
      .split(',')
      .map((author) => author.trim())
      .filter((author) => author !== ''),
    references: textsOf(map['references']),
    tags: textsOf(map['tags']),
    falsePositives: textsOf(map['falsepositives']),
    license: textOf(map['license']),
    controls: textsOf(isMap(map['wardline']) ? map['wardline']['controls'] : undefined),
    ...(alert === undefined ? {} : { alert }),
    place: document.placeOf([]),
  };
}

/** `wardline.alert.dedup`: `each`, or `{by: [...], within: 1h}`. */
export function readDedup(map: PlainMap, report: ProblemReporter): Dedup {
  const wardline = map['wardline'];
  if (!isMap(wardline)) return DEFAULT_DEDUP;
  const alert = wardline['alert'];
  const dedup = isMap(alert) ? alert['dedup'] : undefined;
  if (dedup === undefined) return DEFAULT_DEDUP;
  if (dedup === 'each') return 'each';
  if (!isMap(dedup)) {
    report.error(['wardline', 'alert', 'dedup'], 'value/dedup', 'write "each", or a map with by and within');
    return DEFAULT_DEDUP;
  }
  const text = textOf(dedup['within']);
  const within = text === undefined ? HOUR : tryParseDuration(text);
  if (within === undefined)
    report.error(['wardline', 'alert', 'dedup', 'within'], 'value/bad-duration', `"${text}" is not a duration; write 5m or 1h`);
  return { by: dedup['by'] === undefined ? DEFAULT_DEDUP.by : textsOf(dedup['by']), within: within ?? HOUR };
}

/** Names by which other documents may refer to one, the id first. */
export function namesOf(map: PlainMap, meta: RuleMeta): readonly string[] {
  const id = textOf(map['id']);
  const names = [id, meta.name].filter((name) => name !== undefined && name !== '');
  // A rule without id and name still needs a handle; its title is the only thing that says which it is.
  return names.length > 0 ? (names as readonly string[]) : [meta.title];
}

/** Rules of these states are checked but never run. */
export const inactive = (meta: RuleMeta): boolean => meta.status === 'deprecated' || meta.status === 'unsupported';
