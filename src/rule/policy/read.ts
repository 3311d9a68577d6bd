import { nearest } from '../../shared/nearest.ts';
import { isList, type Plain, type PlainMap } from '../document.ts';
import { LEVELS, type Level, type RuleMeta } from '../ir/rule.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from '../sigma/meta.ts';

/** Reports keys outside `known`, with the nearest known one. */
export function reportUnknown(map: PlainMap, known: readonly string[], path: DocumentPath, report: ProblemReporter): void {
  for (const key of Object.keys(map)) {
    if (known.includes(key)) continue;
    const close = nearest(key, known);
    report.error(
      [...path, key],
      'policy/unknown-key',
      `"${key}" is not known here${close === undefined ? `; known: ${known.join(', ')}` : `; did you mean "${close}"?`}`,
      undefined,
      'key',
    );
  }
}

export function readEntries(value: Plain | undefined, key: string, report: ProblemReporter): readonly Plain[] {
  if (value === undefined) return [];
  if (isList(value)) return value;
  report.error([key], 'policy/entries', `${key} is a list of entries with id and when`);
  return [];
}

/** What a policy, an exception or a trace rule says besides its logic. */
export function readPolicyMeta(map: PlainMap, place: RuleMeta['place'], report: ProblemReporter): RuleMeta {
  const title = textOf(map['title']);
  if (title === undefined) report.error([], 'meta/title', 'a policy needs a title');
  return {
    title: title ?? '',
    name: textOf(map['id']),
    description: textOf(map['description']),
    level: readLevel(map['severity'], report),
    status: undefined,
    author: textsOf(map['owner']),
    references: textsOf(map['references']),
    tags: textsOf(map['tags']),
    falsePositives: textsOf(map['falsepositives']),
    license: undefined,
    controls: textsOf(map['controls']).map((control) => (control.includes(':') ? control : `nist-800-53:${control}`)),
    place,
  };
}

function readLevel(value: Plain | undefined, report: ProblemReporter): Level {
  const written = textOf(value) ?? 'medium';
  const level = LEVELS.find((known) => known === written);
  if (level === undefined) report.error(['severity'], 'meta/level', `"${written}" is no level; write one of ${LEVELS.join(', ')}`);
  return level ?? 'medium';
}
