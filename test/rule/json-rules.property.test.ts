import fc from 'fast-check';
import { Engine } from 'json-rules-engine';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/detect/reference.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';
import { anEvent } from '../support/an-event.ts';

type Tree = { all: Tree[] } | { any: Tree[] } | { not: Tree } | { fact: string; operator: string; value: unknown };

const scalar = fc.constantFrom<unknown>('a', 'b', '', '10', '9', 'x1', 0, 1, 9, 10, 1.5, true, false, null);
const facts = ['a', 'b', 'c'];
const leaf = fc.oneof(
  fc.record({
    fact: fc.constantFrom(...facts),
    operator: fc.constantFrom('equal', 'notEqual', 'contains', 'doesNotContain'),
    value: scalar,
  }),
  fc.record({
    fact: fc.constantFrom(...facts),
    operator: fc.constantFrom('in', 'notIn'),
    value: fc.array(scalar, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    fact: fc.constantFrom(...facts),
    operator: fc.constantFrom('lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'),
    value: fc.constantFrom(0, 1, 5, 10, -1, 1.5),
  }),
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf as fc.Arbitrary<Tree>,
    fc.record({ all: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('tree') }),
  ),
}));
const events = fc.dictionary(fc.constantFrom(...facts), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), { maxKeys: 3 });

/** The root of a rule of the original must be all, any or not. */
const rooted = tree.map((inner) => ('fact' in inner ? { all: [inner] } : inner));

describe('rules in the format of json-rules-engine', () => {
  test('decide as the original does, on generated rules and events', async () => {
    await fc.assert(
      fc.asyncProperty(rooted, events, async (conditions, event) => {
        const text = JSON.stringify({ title: 't', conditions, event: { type: 'x' } });
        const { ruleset, problems } = loadRules([{ path: 'r.json', text }]);
        expect(problems.filter(({ severity }) => severity === 'error').map(problemText)).toEqual([]);
        const [rule] = ruleset.detections;
        const engine = new Engine([], { allowUndefinedFacts: true });
        engine.addRule({ conditions: conditions as never, event: { type: 'x' } });
        const { events: found } = await engine.run(event);
        expect(rule && evaluate(rule.expr, anEvent(event, { format: 'json' }))).toBe(found.length > 0);
      }),
      { numRuns: 600 },
    );
  });
});
