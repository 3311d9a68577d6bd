import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, firingsOf, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

/** A span below one of those before it (0: the root), what it is, and whether it is lost on the way. */
type Node = { readonly below: number; readonly is: 'write' | 'authn' | 'other'; readonly lost: boolean };
const node: fc.Arbitrary<Node> = fc.record({
  below: fc.nat(8),
  is: fc.constantFrom('write', 'authn', 'other'),
  lost: fc.nat(9).map((n) => n === 0),
});

const ruleset = rulesetOf({
  kind: 'TraceRule',
  id: 'r',
  title: 'r',
  spans: { write: { is: 'write' }, authn: { is: 'authn' } },
  match: 'write',
  lacks: { ancestor: 'authn' },
  close: { idle: '30s', max: '10m' },
  group_by: ['trace.id'],
});

const parentOf = (nodes: readonly Node[], n: number): number | undefined => (n === 0 ? undefined : (nodes[n] as Node).below % n);

/** Told only of a whole trace: some write has no authn on its way to the root. */
function isTold(nodes: readonly Node[]): boolean {
  const whole =
    nodes.every(({ lost }, n) => !lost || !nodes.some((other, m) => !other.lost && parentOf(nodes, m) === n)) && nodes[0]?.lost === false;
  const writes = nodes.flatMap(({ is, lost }, n) => (is === 'write' && !lost ? [n] : []));
  const proven = (n: number): boolean => {
    for (let at = parentOf(nodes, n); at !== undefined; at = parentOf(nodes, at)) if (nodes[at]?.is === 'authn') return true;
    return false;
  };
  return whole && writes.some((n) => !proven(n));
}

test('a write without an authenticated span above it is found in every whole trace, in any order of arrival', () => {
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 9 }), fc.array(fc.nat(), { minLength: 9, maxLength: 9 }), (nodes, keys) => {
      const matches = nodes.flatMap(({ is, lost }, n) => {
        if (lost) return [];
        const parent = parentOf(nodes, n);
        const fields = {
          'trace.id': 't',
          'span.id': `s${n}`,
          'span.kind': 'internal',
          'service.name': 'x',
          ...(parent === undefined ? {} : { 'parent.id': `s${parent}` }),
        };
        const rules = ['r/span', ...(is === 'other' ? [] : [`r/${is}`])];
        // Starts tell nothing: children may begin before their parents by their own clocks.
        return rules.map((rule) => ({ match: aMatch(rule, ((keys[n] ?? 0) % 20) + n / 1000, fields, n), key: keys[(n * 7) % 9] ?? 0 }));
      });
      const records = matches.sort((a, b) => a.key - b.key).map(({ match }) => asRecord(match));
      const opened = firingsOf(ruleset, records, { restartEvery: 3 }).filter(({ stage, rule }) => stage === 'opened' && rule === 'r');
      expect(opened.length > 0).toBe(isTold(nodes));
    }),
    { numRuns: 300 },
  );
});

const spans = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 40 }), group: fc.constantFrom('t', 'u'), writes: fc.boolean() }), {
  maxLength: 8,
});

test('a watermark that comes while a trace waits for more spans loses none', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 40 }), fc.boolean(), (list, behind, restarts) => {
      let time = 0;
      const records = list.map(({ gap, group, writes }, n) => {
        time += gap;
        const fields = { 'trace.id': group, 'span.id': `s${n}`, 'span.kind': 'internal', 'service.name': 'x' };
        return { time, matches: ['r/span', ...(writes ? ['r/write'] : [])].map((rule) => asRecord(aMatch(rule, time, fields, n))) };
      });
      const plain = records.flatMap(({ matches }) => matches);
      const marked = records.flatMap(({ time, matches }) => [...matches, watermarkAt(BigInt(time - behind) * SECOND)]);
      const told = (all: Parameters<typeof firingsOf>[1], options = {}) =>
        firingsOf(ruleset, all, options)
          .filter(({ stage, rule }) => stage === 'opened' && rule === 'r')
          .map(nameOf)
          .sort();
      expect(told(marked, restarts ? { restartEvery: 1 } : {})).toEqual(told(plain));
    }),
    { numRuns: 150 },
  );
});
