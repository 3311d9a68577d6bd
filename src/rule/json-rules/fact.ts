import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { nearest } from '../../shared/nearest.ts';
import { CONTEXT_STORES, type ContextStoreName, type Fact, type Keys, WINDOW_FACTS } from '../ir/condition.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { valueAt } from './custom-operator.ts';
import { parsePlainPath } from './path.ts';

/** Which facts a tree may use besides event fields, and the constants that have a name. */
export type FactScope = {
  readonly context: boolean;
  readonly windows: boolean;
  readonly constants: ReadonlyMap<string, JsonValue>;
  /** Facts from outside, and whether this kind of rule cannot ask them. */
  readonly lookups: ReadonlyMap<string, unknown>;
  readonly lookupsRefused?: true;
};

/** Reads `fact`, `params` and `path` of a condition or of a `value` that names a fact; undefined after a problem. */
export function parseFact(value: JsonObject, path: DocumentPath, scope: FactScope, report: ProblemReporter): Fact | undefined {
  const name = value['fact'];
  if (typeof name !== 'string' || name === '') {
    report.error([...path, 'fact'], 'json-rules/shape', 'fact is the name of an event field, such as "event.outcome"');
    return undefined;
  }
  const keys = parsePath(value['path'], [...path, 'path'], report);
  if (keys === undefined) return undefined;
  const constant = scope.constants.get(name);
  if (constant !== undefined) return constantFact(name, constant, keys, path, report);
  if (scope.lookups.has(name)) {
    if (scope.lookupsRefused === undefined) return { kind: 'lookup', name, keys };
    report.error([...path, 'fact'], 'json-rules/lookup', `the fact "${name}" comes from outside and is not available in this kind of rule`);
    return undefined;
  }
  const store = CONTEXT_STORES.find((known) => known === name);
  if (store !== undefined) return parseContextFact(store, keys, value, path, scope, report);
  if (WINDOW_FACTS.some((known) => known === name)) {
    const why = scope.windows ? 'stands as the left side of a condition only' : 'is not available in this kind of rule';
    report.error([...path, 'fact'], 'json-rules/window-fact', `the window fact "${name}" ${why}`);
    return undefined;
  }
  if (value['params'] !== undefined)
    report.warn([...path, 'params'], 'json-rules/params', 'params change nothing for a field of the event');
  return eventField(name, keys, path, report);
}

function constantFact(name: string, constant: JsonValue, keys: Keys, path: DocumentPath, report: ProblemReporter): Fact | undefined {
  const value = valueAt(constant, keys);
  if (value !== undefined) return { kind: 'constant', value };
  report.error([...path, 'path'], 'json-rules/path', `the fact "${name}" has nothing at this path`);
  return undefined;
}

/** Names up to the first position are the field; what follows leads into its value. */
function eventField(name: string, keys: Keys, path: DocumentPath, report: ProblemReporter): Fact | undefined {
  const position = keys.findIndex((key) => typeof key === 'number');
  const names = position < 0 ? keys : keys.slice(0, position);
  const rest = position < 0 ? [] : keys.slice(position);
  if (name !== 'event') return { kind: 'event', field: [name, ...names].join('.'), keys: rest };
  if (names.length > 0) return { kind: 'event', field: names.join('.'), keys: rest };
  report.error(
    [...path, 'fact'],
    'json-rules/path',
    'the fact "event" needs a path, such as "$.event.outcome"; or name the field as the fact',
  );
  return undefined;
}

function parseContextFact(
  store: ContextStoreName,
  keys: Keys,
  value: JsonObject,
  path: DocumentPath,
  scope: FactScope,
  report: ProblemReporter,
): Fact | undefined {
  if (!scope.context) {
    report.error(
      [...path, 'fact'],
      'json-rules/context-fact',
      `the context store "${store}" is not available in this kind of rule; write "${store}.<field>" for a field of the event`,
    );
    return undefined;
  }
  if (keys.length === 0) {
    report.error([...path, 'path'], 'json-rules/path', `the fact "${store}" is a record; say which part by path, such as "$.id"`);
    return undefined;
  }
  const params = value['params'] ?? {};
  if (!isObject(params)) {
    report.error([...path, 'params'], 'json-rules/shape', 'params is an object such as {"of": "source.ip"}');
    return undefined;
  }
  return checkParams(store, params, [...path, 'params'], report) ? { kind: 'context', store, params, keys } : undefined;
}

type Parameters = { readonly known: readonly string[]; readonly needed?: string };
const PLAIN: Parameters = { known: ['of'] };
const PARAMETERS: Readonly<Partial<Record<ContextStoreName, Parameters>>> = {
  grant: { known: ['of', 'role'], needed: 'role' },
  revision: { known: ['set'], needed: 'set' },
  exception: { known: ['id'], needed: 'id' },
};

function checkParams(store: ContextStoreName, params: JsonObject, path: DocumentPath, report: ProblemReporter): boolean {
  const { known, needed } = PARAMETERS[store] ?? PLAIN;
  const complain = (key: string, code: string, message: string): void => report.error([...path, key], code, message);
  const wrong = Object.entries(params).filter(([key, given]) => {
    const hint = nearest(key, known);
    const advice = hint ? `did you mean "${hint}"?` : `known: ${known.join(', ')}`;
    if (!known.includes(key)) complain(key, 'json-rules/unknown-key', `"${store}" has no parameter "${key}" (${advice})`);
    else if (typeof given !== 'string' || given === '') complain(key, 'value/wrong-type', `"${key}" is text`);
    else return false;
    return true;
  });
  if (needed === undefined || Object.hasOwn(params, needed)) return wrong.length === 0;
  report.error(path, 'json-rules/shape', `"${store}" needs the parameter "${needed}"`);
  return false;
}

function parsePath(value: JsonValue | undefined, path: DocumentPath, report: ProblemReporter): Keys | undefined {
  if (value === undefined || value === '') return [];
  if (typeof value !== 'string') {
    report.error(path, 'json-rules/path', 'path is text such as "$.name.name"');
    return undefined;
  }
  const parsed = parsePlainPath(value);
  if (parsed.ok) return parsed.keys;
  report.error(path, 'json-rules/path', `"${value.slice(0, 80)}" ${parsed.why}`, parsed.at);
  return undefined;
}
