import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createConfirm } from '../../src/detect/confirm.ts';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { createPolicyJudge } from '../../src/detect/policy/confirm.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';

type Leaf = { fact: string; path?: string; operator: string; value: unknown };
type Tree = { all: Tree[] } | { any: Tree[] } | { not: Tree } | Leaf;
type Entry = { id: string; conditions: { all: Tree[] } };
type Written = { scope: string; allow: Entry[]; forbid: Entry[]; onMissing: 'violation' | 'undecided'; shadow: boolean };
type World = { event: Record<string, unknown>; device: Record<string, unknown> | undefined };

const OPERATORS = ['equal', 'notEqual', 'in', 'notIn', 'lessThan', 'greaterThanInclusive'];
const value = fc.constantFrom<unknown>('x', 'y', 1, 2);
const leafOver = (facts: readonly object[]) =>
  fc.tuple(fc.constantFrom(...facts), fc.constantFrom(...OPERATORS)).chain(([fact, operator]) => {
    const right = operator === 'in' || operator === 'notIn' ? fc.array(value, { minLength: 1, maxLength: 2 }) : value;
    const number = fc.constantFrom(1, 2);
    return (operator === 'lessThan' || operator === 'greaterThanInclusive' ? number : right).map(
      (given) => ({ ...fact, operator, value: given }) as Leaf,
    );
  });
const EVENT = [{ fact: 'a' }, { fact: 'b' }];
const ANY = [...EVENT, { fact: 'device', path: '$.m' }, { fact: 'device', path: '$.p.q' }];
/** `not` stands over facts of the event alone: over a store it is refused. */
const tree = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2 },
    leafOver(ANY),
    fc.record({ all: fc.array(tie('tree'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ any: fc.array(tie('tree'), { minLength: 1, maxLength: 2 }) }),
    leafOver(EVENT).map((inner): Tree => ({ not: inner })),
  ),
})).tree;
const entries = fc
  .array(fc.array(tree, { minLength: 1, maxLength: 3 }), { maxLength: 2 })
  .map((list): Entry[] => list.map((all, n) => ({ id: `e${n}`, conditions: { all } })));
const policy: fc.Arbitrary<Written> = fc.record({
  scope: fc.constantFrom('s', 't'),
  allow: entries,
  forbid: entries,
  onMissing: fc.constantFrom('violation', 'undecided'),
  shadow: fc.boolean(),
});
const world: fc.Arbitrary<World> = fc.record({
  event: fc.record({ a: value, b: value }, { requiredKeys: [] }),
  device: fc.option(fc.record({ m: value, p: fc.record({ q: value }) }, { requiredKeys: [] }), { nil: undefined }),
});

/** Kleene's logic once more, as plainly as can be. */
function kleene(node: Tree, { event, device }: World): boolean | null {
  if ('not' in node) {
    const inner = kleene(node.not, { event, device });
    return inner === null ? null : !inner;
  }
  if ('all' in node || 'any' in node) {
    const list = 'all' in node ? node.all : node.any;
    const answers = list.map((one) => kleene(one, { event, device }));
    const decisive = 'any' in node;
    return answers.includes(decisive) ? decisive : answers.includes(null) ? null : !decisive;
  }
  const left =
    node.fact === 'device'
      ? node.path
          ?.slice(2)
          .split('.')
          .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], device)
      : event[node.fact];
  if (left === undefined) return null;
  const right = node.value as never;
  switch (node.operator) {
    case 'equal':
      return left === right;
    case 'notEqual':
      return left !== right;
    case 'in':
      return (right as unknown[]).includes(left);
    case 'notIn':
      return !(right as unknown[]).includes(left);
    default: {
      const number = typeof left === 'number' ? left : Number.NaN;
      return node.operator === 'lessThan' ? number < right : number >= right;
    }
  }
}

function verdictOf(policies: readonly Written[], at: World): string | undefined {
  const inScope = policies.filter(({ scope }) => scope === at.event['scope']);
  if (inScope.length === 0) return undefined;
  const any = (list: readonly Entry[]) => kleene({ any: list.map(({ conditions }) => conditions) }, at);
  const F = any(inScope.flatMap(({ forbid }) => forbid));
  const A = any(inScope.flatMap(({ allow }) => allow));
  if (F === true || A === false) return 'deny';
  return F === false && A === true ? 'allow' : 'missing';
}

const documents = (policies: readonly Written[], device: World['device']) => [
  ...policies.map(({ scope, allow, forbid, onMissing, shadow }, n) => ({
    kind: 'ZeroTrustPolicy',
    schema: 1,
    form: 'json-rules-engine',
    id: `p${n}`,
    title: `p${n}`,
    mode: shadow ? 'shadow' : 'alert',
    scope: { scope },
    on_missing_context: onMissing,
    allow,
    forbid,
  })),
  { kind: 'Context', store: 'device', records: device === undefined ? [] : [{ key: 'd', data: device }] },
];

describe('zero-trust policies', () => {
  test('add up as the three-valued table says, and the matcher finds every violation and no other', () => {
    fc.assert(
      fc.property(
        fc.array(policy, { minLength: 1, maxLength: 3 }),
        world,
        fc.constantFrom('s', 't', 'u'),
        fc.boolean(),
        (policies, { event, device }, scope, refused) => {
          const at = { event: { ...event, scope }, device };
          const ruleset = rulesetOf(...documents(policies, device));
          const seen = anEvent({ ...at.event, 'device.id': 'd', 'event.type': refused ? 'denied' : 'allowed' }, { format: 'json' });
          const alerting = policies.filter(({ shadow }) => !shadow);
          const wanted = verdictOf(alerting, at);
          expect(createPolicyJudge(ruleset).judge(seen)?.verdict).toBe(wanted);

          const matcher = createMatcher(ruleset.detections);
          const found = createMatchBuffer();
          matcher.match(seen, found);
          const confirm = createConfirm(ruleset);
          const told = [...found.rules.subarray(0, found.count)]
            .map((n) => matcher.detections[n])
            .filter((rule) => rule !== undefined && confirm(rule, seen, () => ({})) !== undefined);
          const tolerated =
            wanted === 'missing' && alerting.filter((one) => one.scope === scope).every(({ onMissing }) => onMissing === 'undecided');
          const violated = wanted !== undefined && wanted !== 'allow' && !refused && !tolerated;
          expect(told.filter((rule) => rule?.alerts).length).toBe(violated ? 1 : 0);
          const shadows = policies
            .filter((one) => one.shadow && one.scope === scope)
            .filter((one) => {
              const verdict = verdictOf([one], at);
              return !refused && (verdict === 'deny' || (verdict === 'missing' && one.onMissing === 'violation'));
            });
          expect(told.filter((rule) => !rule?.alerts).length).toBe(shadows.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('taking context away never makes an access allowed', () => {
    fc.assert(
      fc.property(fc.array(policy, { minLength: 1, maxLength: 2 }), world, (policies, { event, device }) => {
        const written = policies.map((one): Written => ({ ...one, shadow: false, scope: 's' }));
        const seen = anEvent({ ...event, scope: 's', 'device.id': 'd' }, { format: 'json' });
        const verdict = (known: World['device']) => createPolicyJudge(rulesetOf(...documents(written, known))).judge(seen)?.verdict;
        if (verdict(device) !== 'allow') expect(verdict(undefined)).not.toBe('allow');
      }),
      { numRuns: 80 },
    );
  });
});
