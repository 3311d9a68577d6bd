import { nearest } from '../../shared/nearest.ts';
import { logicDigest } from '../digest.ts';
import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { FrontEnd } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import type { AllowEntry, Check, ForbidEntry, Policy } from '../ir/policy.ts';
import { type Dedup, type Detection, LEVELS, type RuleMeta } from '../ir/rule.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from '../sigma/meta.ts';
import { compileSelection, type SelectionContext } from '../sigma/selection.ts';
import { CHECKS } from './checks.ts';

const KEYS = [
  'kind',
  'schema',
  'id',
  'version',
  'title',
  'description',
  'owner',
  'mode',
  'severity',
  'controls',
  'tags',
  'scope',
  'allow',
  'forbid',
] as const;
/** One alert per subject and resource within an hour, however often the access is repeated. */
const DEDUP: Dedup = {
  by: ['user.name', 'service.name', 'wardline.access.resource.service', 'wardline.policy.detector'],
  within: 3_600_000_000_000n,
};

/** What a policy enforcement point let through: everything that is not said to be refused. */
const REFUSED: Expr = {
  op: 'or',
  of: [
    { op: 'text', field: 'event.type', pattern: ['denied'], cased: false },
    { op: 'text', field: 'event.outcome', pattern: ['failure'], cased: false },
  ],
};

/**
 * Zero-trust policies: an access in scope that was let through is a violation if some `forbid` holds or no `allow` does.
 * What cannot be shown from the access is not allowed: a missing field makes every check of an entry fail.
 */
export const policy: FrontEnd = {
  name: 'policy',
  recognizes: (value: Plain) => isMap(value) && value['kind'] === 'ZeroTrustPolicy',
  read(document, report, load) {
    const map = document.value as PlainMap;
    reportUnknown(map, KEYS, [], report);
    const meta = readPolicyMeta(map, document.placeOf([]), report);
    const id = textOf(map['id']);
    if (id === undefined) report.error([], 'policy/id', 'a policy needs an id');
    const compiled = compilePolicy(map, { document, report, load });
    if (compiled === undefined || id === undefined || map['mode'] === 'shadow') return [];
    const { scope, allow, forbid } = compiled;
    const expr: Expr = {
      op: 'and',
      of: [scope, { op: 'not', of: REFUSED }, { op: 'or', of: [...forbid.map(({ when }) => when), { op: 'not', of: anyAllow(allow) }] }],
    };
    const detection: Detection = {
      kind: 'detection',
      id,
      language: 'policy',
      logsource: undefined,
      expr,
      meta,
      dedup: DEDUP,
      alerts: true,
      logicDigest: logicDigest({ expr, dedup: DEDUP }),
      policy: compiled,
    };
    return [{ document, names: [id], kind: 'detection', finish: () => [detection] }];
  },
};

function anyAllow(allow: readonly AllowEntry[]): Expr {
  return { op: 'or', of: allow.map(({ when, require }) => ({ op: 'and', of: [when, ...require.map(({ expr }) => expr)] })) };
}

function compilePolicy(map: PlainMap, context: SelectionContext): Policy | undefined {
  const { report } = context;
  const scope = map['scope'] === undefined ? undefined : compileSelection(map['scope'], ['scope'], context);
  if (map['scope'] === undefined) report.error([], 'policy/scope', 'a policy needs a scope: which accesses it is about');
  const allow = readEntries(map['allow'], 'allow', report).map((entry, i) => readAllow(entry, ['allow', i], context));
  const forbid = readEntries(map['forbid'], 'forbid', report).map((entry, i) => readForbid(entry, ['forbid', i], context));
  if (scope === undefined || allow.includes(undefined) || forbid.includes(undefined)) return undefined;
  if (allow.length + forbid.length === 0) {
    report.error([], 'policy/empty', 'a policy needs at least one allow or forbid entry');
    return undefined;
  }
  return { scope, allow: allow.filter((one) => one !== undefined), forbid: forbid.filter((one) => one !== undefined) };
}

function readEntries(value: Plain | undefined, key: string, report: ProblemReporter): readonly Plain[] {
  if (value === undefined) return [];
  if (isList(value)) return value;
  report.error([key], 'policy/entries', `${key} is a list of entries with id and when`);
  return [];
}

function readForbid(entry: Plain, path: DocumentPath, context: SelectionContext): ForbidEntry | undefined {
  const read = readEntry(entry, path, ['id', 'when'], context);
  return read && { id: read.id, when: read.when };
}

function readAllow(entry: Plain, path: DocumentPath, context: SelectionContext): AllowEntry | undefined {
  const read = readEntry(entry, path, ['id', 'when', 'require'], context);
  if (read === undefined) return undefined;
  const require = read.map['require'];
  if (require === undefined) return { id: read.id, when: read.when, require: [] };
  if (!isMap(require)) {
    context.report.error([...path, 'require'], 'policy/check', 'require is a map of checks');
    return undefined;
  }
  const checks = Object.entries(require).map(([name, value]) => readCheck(name, value, [...path, 'require', name], context.report));
  return checks.includes(undefined) ? undefined : { id: read.id, when: read.when, require: checks.filter((check) => check !== undefined) };
}

function readCheck(name: string, value: Plain, path: DocumentPath, report: ProblemReporter): Check | undefined {
  const read = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (read !== undefined) return read(value, path, report);
  const close = nearest(name, Object.keys(CHECKS));
  report.error(
    path,
    'policy/check',
    `there is no check "${name}"${close === undefined ? `; known: ${Object.keys(CHECKS).join(', ')}` : `; did you mean "${close}"?`}`,
    undefined,
    'key',
  );
  return undefined;
}

function readEntry(
  entry: Plain,
  path: DocumentPath,
  keys: readonly string[],
  context: SelectionContext,
): { readonly id: string; readonly when: Expr; readonly map: PlainMap } | undefined {
  const { report } = context;
  if (!isMap(entry)) {
    report.error(path, 'policy/entries', 'an entry is a map with id and when');
    return undefined;
  }
  reportUnknown(entry, keys, path, report);
  const id = textOf(entry['id']);
  if (id === undefined) report.error(path, 'policy/entries', 'an entry needs an id');
  if (entry['when'] === undefined) report.error(path, 'policy/entries', 'an entry needs when: which accesses it is about');
  const when = entry['when'] === undefined ? undefined : compileSelection(entry['when'], [...path, 'when'], context);
  return id === undefined || when === undefined ? undefined : { id, when, map: entry };
}

function reportUnknown(map: PlainMap, known: readonly string[], path: DocumentPath, report: ProblemReporter): void {
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

function readPolicyMeta(map: PlainMap, place: RuleMeta['place'], report: ProblemReporter): RuleMeta {
  const title = textOf(map['title']);
  if (title === undefined) report.error([], 'meta/title', 'a policy needs a title');
  const mode = textOf(map['mode']) ?? 'alert';
  if (mode !== 'alert' && mode !== 'shadow') report.error(['mode'], 'policy/mode', `mode is alert or shadow, not "${mode}"`);
  const written = textOf(map['severity']) ?? 'medium';
  const level = LEVELS.find((known) => known === written);
  if (level === undefined) report.error(['severity'], 'meta/level', `"${written}" is no level; write one of ${LEVELS.join(', ')}`);
  return {
    title: title ?? '',
    name: textOf(map['id']),
    description: textOf(map['description']),
    level: level ?? 'medium',
    status: undefined,
    author: textsOf(map['owner']),
    references: [],
    tags: textsOf(map['tags']),
    falsePositives: [],
    license: undefined,
    controls: textsOf(map['controls']).map((control) => (control.includes(':') ? control : `nist-800-53:${control}`)),
    place,
  };
}
