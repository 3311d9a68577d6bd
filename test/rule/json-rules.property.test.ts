import fc from 'fast-check';
import { Engine } from 'json-rules-engine';
import { describe, expect, test } from 'vitest';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { evaluate } from '../../src/detect/reference.ts';
import { withRuleEvent } from '../../src/detect/rule-event.ts';
import { parsePlainPath } from '../../src/rule/json-rules/path.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';

type Leaf = { fact: string; operator: string; value: unknown; path?: string; priority?: number };
type Tree = { all: Tree[]; priority?: number } | { any: Tree[] } | { not: Tree } | { condition: string } | Leaf;

const scalar = fc.constantFrom<unknown>('a', 'b', '', '10', '9', 'x1', 0, 1, 9, 10, 1.5, true, false, null);
const list = fc.array(scalar, { minLength: 1, maxLength: 4 });
const number = fc.constantFrom(0, 1, 5, 10, -1, 1.5);
const facts = ['a', 'b', 'c'];
const ORDER = ['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'];
const EQUAL = ['equal', 'notEqual', 'contains', 'doesNotContain'];
const fact = fc.constantFrom(...facts);
/** Objects are asked by path, the others without: the package gives a scalar whatever the path says. */
const left = fc.oneof(
  fact.map((name) => ({ fact: name })),
  fc.record({ fact: fc.constant('o'), path: fc.constantFrom('$.x', '$.y.z', '$.l[0]', "$['l'][1]", '$.nothing', 'x') }),
);
const leafOf = (operator: string, value: fc.Arbitrary<unknown>) =>
  left.chain((side) => value.map((one) => ({ ...side, operator, value: one })));
const oneOf = (...names: readonly string[]) => fc.constantFrom(...names);
const leaf = fc.oneof(
  oneOf(...EQUAL).chain((name) => leafOf(name, scalar)),
  oneOf('in', 'notIn').chain((name) => leafOf(name, list)),
  oneOf(...ORDER).chain((name) => leafOf(name, number)),
  // Decorators, also two of them.
  fc
    .tuple(oneOf('not', 'someFact', 'everyFact', 'not:someFact', 'someFact:not', 'swap', 'not:swap'), oneOf(...EQUAL, ...ORDER))
    .chain(([decorator, name]) => leafOf(`${decorator}:${name}`, ORDER.includes(name) ? number : scalar)),
  fc
    .tuple(oneOf('someValue', 'everyValue', 'not:everyValue', 'someFact:someValue', 'someValue:not'), oneOf('equal', 'notEqual', ...ORDER))
    .chain(([decorator, name]) =>
      leafOf(`${decorator}:${name}`, ORDER.includes(name) ? fc.array(number, { minLength: 1, maxLength: 3 }) : list),
    ),
  // Facts compared with facts and with named constants.
  fc
    .tuple(
      oneOf(...EQUAL, ...ORDER, 'not:equal', 'someFact:equal'),
      fc.constantFrom<object>({ fact: 'b' }, { fact: 'o', path: '$.x' }, { fact: 'limit' }),
    )
    .chain(([name, value]) => leafOf(name, fc.constant(value))),
  oneOf('in', 'notIn').chain((name) => leafOf(name, fc.constant({ fact: 'names' }))),
  // Operators that a file defines.
  leafOf('between', fc.constantFrom([0, 9], [1, 5], [10, 1])),
  leafOf('not:between', fc.constantFrom([0, 9], [1, 5])),
  leafOf('isShort', fc.constant(true)),
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf as fc.Arbitrary<Tree>,
    fc.record({ condition: fc.constantFrom('one', 'two') }),
    fc.record({ all: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }), priority: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ any: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('tree') }),
  ),
}));
const plainTree = (leaf as fc.Arbitrary<Tree>).map((one): Tree => ({ any: [one] }));
const events = fc
  .record(
    {
      ...Object.fromEntries(facts.map((name) => [name, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))])),
      o: fc.record(
        { x: scalar, y: fc.record({ z: scalar }, { requiredKeys: [] }), l: fc.array(scalar, { maxLength: 3 }) },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((event) => event as Record<string, unknown>);

/** The root of a rule of the original must be all, any or not. */
const rooted = tree.map((inner): Tree => ('fact' in inner || 'condition' in inner ? { all: [inner] } : inner));
const CONSTANTS = { limit: 9, names: ['a', '10', 1] };
const OPERATORS = {
  between: {
    all: [
      { operator: 'greaterThanInclusive', value: { given: '$[0]' } },
      { operator: 'lessThanInclusive', value: { given: '$[1]' } },
    ],
  },
  isShort: { operator: 'in', value: ['a', 'b', ''] },
};

/** The package with the same names: constants as facts, operators as functions, plain paths. */
function original(rules: readonly object[], named: Readonly<Record<string, Tree>>): Engine {
  const engine = new Engine([], {
    allowUndefinedFacts: true,
    replaceFactsInEventParams: true,
    pathResolver: (value: object, path: string) => {
      const parsed = parsePlainPath(path);
      return parsed.ok
        ? parsed.keys.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], value)
        : undefined;
    },
  });
  for (const [name, value] of Object.entries(CONSTANTS)) engine.addFact(name, value);
  for (const [name, conditions] of Object.entries(named)) engine.setCondition(name, conditions as never);
  const reads = (value: unknown): boolean => !Number.isNaN(Number.parseFloat(String(value)));
  engine.addOperator('between', (value: unknown, given: unknown) => {
    const [from, to] = given as [number, number];
    return reads(value) && (value as number) >= from && (value as number) <= to;
  });
  engine.addOperator('isShort', (value: unknown) => ['a', 'b', ''].includes(value as string));
  for (const rule of rules) engine.addRule(structuredClone(rule) as never);
  return engine;
}

const rule = fc.record({
  conditions: rooted,
  priority: fc.integer({ min: 1, max: 3 }),
  params: fc.constantFrom<object>({}, { n: 1, who: { fact: 'a' } }, { deep: { fact: 'o', path: '$.y.z' }, limit: { fact: 'limit' } }),
});

describe('rules in the format of json-rules-engine', () => {
  test('decide as the original does, on generated rules, conditions, operators, facts and events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 4 }), plainTree, plainTree, events, async (written, one, two, event) => {
        const rules = written.map(({ conditions, priority, params }, n) => ({ conditions, priority, event: { type: `r${n}`, params } }));
        const named = { one, two };
        const ruleset = rulesetOf(
          ...rules.map((each, n) => ({ id: `r${n}`, title: 't', ...each })),
          { kind: 'Conditions', conditions: named },
          { kind: 'Operators', operators: OPERATORS },
          { kind: 'Facts', facts: CONSTANTS },
        );
        const seen = anEvent(event, { format: 'json' });
        const matcher = createMatcher(ruleset.detections);
        const found = createMatchBuffer();
        matcher.match(seen, found);
        const held = [...found.rules.subarray(0, found.count)].sort((a, b) => a - b).map((at) => ruleset.detections[at]);
        expect(held).toEqual(ruleset.detections.filter(({ expr }) => evaluate(expr, seen)));
        const { events: wanted } = await original(rules, named).run(structuredClone(event));
        const priorities = (types: readonly string[]) => types.map((type) => rules[Number(type.slice(1))]?.priority);
        expect(priorities(held.map((each) => each?.id ?? ''))).toEqual(priorities(wanted.map(({ type }) => type)));
        const said = held.map(
          (each) => (withRuleEvent({}, each?.event ?? { type: '', params: {} }, seen)['wardline'] as JsonObject)['event'],
        );
        const asJson = (list: readonly unknown[]) =>
          list.map((each) => JSON.parse(JSON.stringify({ params: {}, ...(each as object) }))).sort((a, b) => (a.type < b.type ? -1 : 1));
        expect(asJson(said)).toEqual(asJson(wanted));
      }),
      { numRuns: 250 },
    );
  });
});
