import type { ProblemReporter } from '../rule/problem.ts';
import { reportIssues } from '../rule/schema-problems.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import { isObject, type JsonValue } from '../shared/json.ts';
import { lintPack } from './pack-lint.ts';
import { type PackDocument, type Profile, packSchema, profileSchema } from './pack-schema.ts';

/** A control pack, checked: which measures decide which objectives, over which sources. */
export type ControlPack = PackDocument & {
  /** SHA-256 of the canonical JSON of the document as written. */
  readonly sha256: string;
  readonly document: JsonValue;
  /** Parameter values in force, the profile's before the pack's. */
  readonly values: Readonly<Record<string, string | number | readonly string[]>>;
};

/**
 * Checks a control pack, a parsed YAML document. `$name` anywhere in a measure reads a parameter. Problems go to
 * `report` with the path of the value concerned; undefined when any is an error.
 */
export function parseControlPack(document: JsonValue, report: ProblemReporter, profile: Profile = emptyProfile()): ControlPack | undefined {
  let failed = false;
  const guarded: ProblemReporter = {
    error: (...args) => {
      failed = true;
      report.error(...args);
    },
    warn: report.warn,
  };
  const values = valuesOf(document, profile);
  const resolved = isObject(document)
    ? { ...document, measures: withValues(document['measures'] ?? null, values, ['measures'], guarded) }
    : document;
  const result = packSchema.safeParse(resolved);
  if (!result.success) {
    reportIssues(result.error, 'pack/shape', guarded);
    return undefined;
  }
  lintPack(result.data, guarded);
  return failed ? undefined : { ...result.data, sha256: sha256Hex(canonicalJson(document)), document, values };
}

/** Checks a report profile, a parsed YAML document. */
export function parseProfile(document: JsonValue, report: ProblemReporter): Profile | undefined {
  const result = profileSchema.safeParse(document);
  if (!result.success) {
    reportIssues(result.error, 'profile/shape', report);
    return undefined;
  }
  return lintOverlays(result.data, report) ? result.data : undefined;
}

const YEAR_MS = 366 * 86_400_000;

/** A deviation needs two people and an end. */
function lintOverlays({ overlays }: Profile, report: ProblemReporter): boolean {
  let sound = true;
  const fail = (path: Path, message: string): void => {
    sound = false;
    report.error(path, 'profile/overlay', message);
  };
  for (const [i, { owner, approver, from, until }] of overlays.entries()) {
    if (owner === approver) fail(['overlays', i, 'approver'], 'the owner cannot approve: name another person');
    const length = Date.parse(until) - Date.parse(from);
    if (length <= 0) fail(['overlays', i, 'until'], 'until must be later than from');
    else if (length > YEAR_MS) fail(['overlays', i, 'until'], 'an overlay lasts at most a year');
  }
  return sound;
}

export function emptyProfile(): Profile {
  return profileSchema.parse({});
}

function valuesOf(document: JsonValue, profile: Profile): Record<string, string | number | readonly string[]> {
  const values: Record<string, string | number | readonly string[]> = Object.create(null);
  const parameters = isObject(document) ? document['parameters'] : undefined;
  if (parameters !== undefined && isObject(parameters)) {
    for (const [name, parameter] of Object.entries(parameters)) {
      if (isObject(parameter) && parameter['value'] !== undefined) values[name] = parameter['value'] as string;
    }
  }
  return Object.assign(values, profile.parameters);
}

type Path = readonly (string | number)[];

/** Copies a value with every `$name` replaced by the parameter's value; a name without one is a problem. */
function withValues(value: JsonValue, values: Readonly<Record<string, unknown>>, path: Path, report: ProblemReporter): JsonValue {
  if (Array.isArray(value)) return value.map((item, i) => withValues(item as JsonValue, values, [...path, i], report));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withValues(item, values, [...path, key], report)]));
  }
  if (typeof value !== 'string' || !value.startsWith('$')) return value;
  const name = value.slice(1);
  const found = Object.hasOwn(values, name) ? values[name] : undefined;
  if (found === undefined) {
    report.error(path, 'pack/parameter', `no parameter "${name}": give it a value under parameters or in the profile`);
    return value;
  }
  return found as JsonValue;
}
