import type { Plain } from '../document.ts';
import type { Condition, ConditionLeaf, ContextStoreName, Fact } from '../ir/condition.ts';
import type { Check } from '../ir/policy.ts';
import { type ConditionInput, parseCondition } from '../json-rules/condition.ts';
import { toJson } from '../json-rules/vocabulary.ts';
import type { DocumentPath } from '../problem.ts';
import { askCondition } from './question.ts';

/** `conditions` of an entry in the form of json-rules-engine: the members of an outer `all` are its checks. */
export function readConditions(value: Plain, path: DocumentPath, input: ConditionInput): readonly Check[] | undefined {
  const condition = parseCondition(toJson(value), path, input);
  if (condition === undefined) return undefined;
  return (condition.op === 'all' ? condition.of : [condition]).map(checkOf);
}

function checkOf(condition: Condition): Check {
  const leaf = firstLeaf(condition);
  const { name, wanted } = describe(condition, leaf);
  return { name, fact: leaf.fact, wanted, ask: askCondition(condition), detector: detectorOf(leaf.fact) };
}

function firstLeaf(condition: Condition): ConditionLeaf {
  if (condition.op === 'leaf') return condition;
  return firstLeaf(condition.op === 'not' ? condition.of : (condition.of[0] as Condition));
}

function describe(condition: Condition, leaf: ConditionLeaf): { readonly name: string; readonly wanted: string } {
  const { operator, decorators, value } = leaf;
  const right = value.kind === 'constant' ? JSON.stringify(value.value) : factName(value);
  const wanted = `${[...decorators, operator].join(':')} ${right}`;
  if (condition.op === 'leaf') return { name: factName(leaf.fact), wanted };
  return { name: `${condition.op}(${factName(leaf.fact)}, ...)`, wanted: `${condition.op} of its conditions` };
}

export function factName(fact: Fact): string {
  if (fact.kind === 'constant') return JSON.stringify(fact.value);
  if (fact.kind === 'window') return fact.window.name;
  const path = fact.keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return fact.kind === 'event' ? `${fact.field}${path}` : `${fact.kind === 'lookup' ? fact.name : fact.store}${path}`;
}

/** Which detector a failed comparison is: by the store it asks, or by the part of an access its field belongs to. */
const BY_STORE: Readonly<Record<ContextStoreName, string>> = {
  identity: 'ZT-01',
  device: 'ZT-05',
  asset: 'ZT-12',
  zone: 'ZT-06',
  service: 'ZT-08',
  grant: 'ZT-11',
  revision: 'ZT-14',
  exception: 'ZT-20',
};
const BY_FIELD: readonly (readonly [string, string])[] = [
  ['wardline.access.auth.', 'ZT-04'],
  ['wardline.access.mtls', 'ZT-09'],
  ['tls.', 'ZT-09'],
  ['wardline.access.subject.spiffe', 'ZT-08'],
  ['wardline.access.via', 'ZT-11'],
  ['wardline.access.session.', 'ZT-03'],
  ['wardline.access.token.', 'ZT-13'],
  ['wardline.access.resource.sensitivity', 'ZT-12'],
  ['source.geo.', 'ZT-06'],
  ['source.ip', 'ZT-06'],
];

export function detectorOf(fact: Fact): string {
  if (fact.kind === 'context') return BY_STORE[fact.store];
  if (fact.kind !== 'event') return 'ZT-01';
  return BY_FIELD.find(([prefix]) => fact.field.startsWith(prefix))?.[1] ?? 'ZT-01';
}
