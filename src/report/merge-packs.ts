import type { ProblemReporter } from '../rule/problem.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

const LISTS = ['sources', 'measures', 'maps'] as const;
const MAPS = ['parameters', 'controls'] as const;

/**
 * A pack with another below it: lists one after the other, maps key by key, everything else from the upper one. Controls
 * of the lower pack that the upper one's baseline does not have are left out.
 */
export function mergePacks(lower: JsonValue, upper: JsonObject): JsonObject {
  const base = isObject(lower) ? lower : {};
  const merged: Record<string, JsonValue> = { ...base, ...upper };
  delete merged['extends'];
  for (const key of LISTS) merged[key] = [...listOf(base[key]), ...listOf(upper[key])];
  const { baseline } = upper;
  for (const key of MAPS) {
    const below = isObject(base[key]) ? base[key] : {};
    const inherited =
      key === 'controls' && isObject(baseline)
        ? Object.fromEntries(Object.entries(below).filter(([id]) => Object.hasOwn(baseline, id)))
        : below;
    merged[key] = { ...inherited, ...(isObject(upper[key]) ? upper[key] : {}) };
  }
  return merged;
}

/** Places of list items count from the upper pack's own list; what came from below stands where `extends` does. */
export function shifted(report: ProblemReporter, lower: JsonValue): ProblemReporter {
  const back = (path: readonly (string | number)[]): readonly (string | number)[] => {
    const [key, index, ...rest] = path;
    if (typeof key !== 'string' || typeof index !== 'number' || !LISTS.some((list) => list === key)) return path;
    const own = index - listOf(isObject(lower) ? lower[key] : undefined).length;
    return own < 0 ? ['extends'] : [key, own, ...rest];
  };
  return {
    error: (path, ...rest) => report.error(back(path), ...rest),
    warn: (path, ...rest) => report.warn(back(path), ...rest),
  };
}

const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? (value as readonly JsonValue[]) : []);
