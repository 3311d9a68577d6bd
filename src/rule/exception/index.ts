import { type Nanos, parseIsoTime } from '../../event/time.ts';
import { nearest } from '../../shared/nearest.ts';
import { isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { FrontEnd, LoadContext } from '../front-end.ts';
import type { ExceptionEffect } from '../ir/exception.ts';
import type { Expr } from '../ir/expr.ts';
import { LEVELS, type Level } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { compileDetection } from '../sigma/compile-detection.ts';
import { textOf, textsOf } from '../sigma/meta.ts';
import { compileSelection } from '../sigma/selection.ts';

const KEYS = [
  'kind',
  'schema',
  'id',
  'title',
  'rules',
  'tags',
  'when',
  'owner',
  'ticket',
  'reason',
  'starts',
  'expires',
  'effect',
  'level',
  'accepts',
] as const;
export const EFFECTS = ['suppress', 'lower', 'tag'] as const satisfies readonly ExceptionEffect[];
const CODES = {
  id: 'exception/id',
  owner: 'exception/owner',
  reason: 'exception/reason',
  starts: 'exception/starts',
  expires: 'exception/expires',
  effect: 'exception/effect',
  level: 'exception/level',
} as const;
const DAY: Nanos = 86_400_000_000_000n;
/** Nobody decides for longer than half a year without looking again. */
export const MAX_DAYS = 180n;

/** An exception as its file has it; which rules it is about is known when all files are. */
export type ExceptionDraft = {
  readonly document: SourceDocument;
  readonly id: string;
  readonly rules: readonly string[];
  readonly tags: readonly string[];
  readonly expr: Expr;
  readonly owner: string;
  readonly ticket: string | undefined;
  readonly reason: string;
  readonly starts: Nanos;
  readonly expires: Nanos;
  readonly effect: ExceptionEffect;
  readonly level: Level;
  readonly accepts: readonly string[];
};

/** Exceptions lie among the rules, so that they are reviewed and versioned as rules are, and are part of the ruleset's digest. */
export const exception: FrontEnd = {
  name: 'exception',
  recognizes: (value: Plain) => isMap(value) && value['kind'] === 'Exception',
  read(document, report, load) {
    const draft = readException(document, report, load);
    return { exceptions: draft === undefined ? [] : [draft] };
  },
};

function readException(document: SourceDocument, report: ProblemReporter, load: LoadContext): ExceptionDraft | undefined {
  const map = document.value as PlainMap;
  reportUnknown(map, report);
  const needed = (key: 'id' | 'owner' | 'reason', what: string): string => {
    const text = textOf(map[key])?.trim();
    if (text === undefined || text === '') report.error([key], CODES[key], what);
    return text ?? '';
  };
  const id = needed('id', 'an exception needs an id');
  const owner = needed('owner', 'an exception needs an owner: who answers for it');
  const reason = needed('reason', 'an exception needs a reason');
  const rules = textsOf(map['rules']);
  const tags = textsOf(map['tags']);
  if (rules.length + tags.length === 0)
    report.error([], 'exception/rules', 'rules names the rules it is about, or tags the tags they have');
  const expr = readWhen(document, map, report, load);
  const starts = readInstant(map, 'starts', report);
  const expires = readInstant(map, 'expires', report);
  if (starts !== undefined && expires !== undefined) {
    if (expires <= starts) report.error(['expires'], 'exception/expires', 'it expires before it starts');
    else if (expires - starts > MAX_DAYS * DAY)
      report.error(
        ['expires'],
        'exception/expires',
        `it is in force for more than ${MAX_DAYS} days; decide for a shorter time and look again`,
      );
  }
  const effect = readOne(map, 'effect', EFFECTS, 'suppress', report);
  const level = readOne(map, 'level', LEVELS, 'low', report);
  if (map['level'] !== undefined && effect !== 'lower') report.error(['level'], 'exception/level', 'level belongs to effect: lower');
  if (expr === undefined || starts === undefined || expires === undefined) return undefined;
  return {
    document,
    id,
    rules,
    tags,
    expr,
    owner,
    ticket: textOf(map['ticket']),
    reason,
    starts,
    expires,
    effect,
    level,
    accepts: textsOf(map['accepts']),
  };
}

/** A selection as in a Sigma rule, or selections with a condition. */
function readWhen(document: SourceDocument, map: PlainMap, report: ProblemReporter, load: LoadContext): Expr | undefined {
  const when = map['when'];
  if (when === undefined || when === null) {
    report.error([], 'exception/when', 'when says which events it is about; without it the rule could be switched off');
    return undefined;
  }
  if (isMap(when) && Object.hasOwn(when, 'condition')) return compileDetection(when, ['when'], document, report, load);
  return compileSelection(when, ['when'], { document, report, load });
}

function readInstant(map: PlainMap, key: 'starts' | 'expires', report: ProblemReporter): Nanos | undefined {
  const text = textOf(map[key]);
  if (text === undefined) {
    report.error([], CODES[key], `${key} is missing: an exception is in force for a time, at most ${MAX_DAYS} days`);
    return undefined;
  }
  const time = parseIsoTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)?.time;
  if (time === undefined) report.error([key], CODES[key], `"${text}" is no time; write 2026-11-20 or 2026-11-20T08:00:00Z`);
  return time;
}

function readOne<T extends string>(map: PlainMap, key: 'effect' | 'level', known: readonly T[], fallback: T, report: ProblemReporter): T {
  const text = textOf(map[key]);
  if (text === undefined) return fallback;
  const found = known.find((one) => one === text);
  if (found === undefined) report.error([key], CODES[key], `${key} is one of ${known.join(', ')}, not "${text}"`);
  return found ?? fallback;
}

function reportUnknown(map: PlainMap, report: ProblemReporter): void {
  for (const key of Object.keys(map)) {
    if (KEYS.some((known) => known === key)) continue;
    const close = nearest(key, KEYS);
    report.error(
      [key],
      'exception/unknown-key',
      `"${key}" is not known here${close === undefined ? `; known: ${KEYS.join(', ')}` : `; did you mean "${close}"?`}`,
      undefined,
      'key',
    );
  }
}
