import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../src/detect/group.ts';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { evaluate } from '../../src/detect/reference.ts';
import type { Event } from '../../src/event/event.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import type { Expr } from '../../src/rule/ir/expr.ts';
import type { Detection } from '../../src/rule/ir/rule.ts';
import { aDetection, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';
import { event, expr, words } from './generated.ts';

const base = aDetection({ s: { f: 'x' }, condition: 's' });
const ruleOf = (one: Expr, i: number): Detection => ({ ...base, id: `r${i}`, expr: one });

const found = createMatchBuffer();
function matched(rules: readonly Detection[], matcher: ReturnType<typeof createMatcher>, seen: Event): string[] {
  found.count = 0;
  matcher.match(seen, found);
  return [...found.rules.subarray(0, found.count)].map((i) => rules[i]?.id ?? '').sort();
}

describe('the matcher', () => {
  test('finds exactly the rules that a plain reading of each finds, before and after it chose its anchors anew', () => {
    fc.assert(
      fc.property(fc.array(expr, { minLength: 1, maxLength: 12 }), fc.array(event, { minLength: 1, maxLength: 6 }), (exprs, documents) => {
        const rules = exprs.map(ruleOf);
        const matcher = createMatcher(rules);
        const routes = createRouteTable();
        const events = documents.map((document) => anEvent(document, { format: 'json', logsource: TEST_LOGSOURCE }, routes));
        for (let round = 0; round * events.length <= SAMPLES + events.length; round++) {
          for (const seen of events) {
            const wanted = rules
              .filter((rule) => evaluate(rule.expr, seen))
              .map(({ id }) => id)
              .sort();
            expect(matched(rules, matcher, seen)).toEqual(wanted);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test('no rule is found twice for one event, however many of its literals occur', () => {
    const rules = [
      ruleOf(
        {
          op: 'or',
          of: words
            .filter((one) => one.length > 1)
            .map((one) => ({ op: 'text', field: 'f', pattern: [{ wildcard: 'any' }, one, { wildcard: 'any' }], cased: false })),
        },
        0,
      ),
    ];
    const seen = anEvent({ f: words.join(' ') }, { format: 'json', logsource: TEST_LOGSOURCE });
    expect(matched(rules, createMatcher(rules), seen)).toEqual(['r0']);
  });
});
