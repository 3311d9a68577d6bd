import { kindOf } from '../correlate/conditions/index.ts';
import type { Hit } from '../correlate/firing.ts';
import type { Trigger } from '../correlate/kind.ts';
import { isoTime } from '../event/time.ts';
import type { AsOf, Correlation, RuleId, TraceAsk, TraceCheck, WindowFacts } from '../rule/ir/rule.ts';
import { durationText } from '../shared/duration.ts';
import type { NearMiss } from './near.ts';
import { triggersOf } from './triggers.ts';

type NameOf = (id: RuleId) => string;

/** The last match that was held against its record, and that record: nothing was wrong with them. */
export function nearestRecord(condition: AsOf, rule: Correlation, hits: readonly Hit[], nameOf: NameOf): NearMiss {
  // The product's own search for the record, with findings that hold whatever it is.
  const findings = [
    { id: 'any', detector: '' },
    { id: 'none', detector: '', none: true as const },
  ];
  const asked = triggersOf(kindOf({ ...condition, findings }, rule), hits);
  const last = asked.at(-1);
  if (last === undefined) return unasked(hits, nameOf(condition.subject));
  const held = last.explain().hits;
  const record = held.find((hit) => hit.rule === condition.reference);
  const apart = record === undefined ? 0n : last.time - record.time;
  const what =
    record === undefined
      ? `no ${nameOf(condition.reference)} within ${durationText(condition.within)} of it, which is not asked for`
      : `its ${nameOf(condition.reference)} is ${apart < 0n ? `${durationText(-apart)} later` : `${durationText(apart)} before`}, and nothing is wrong with the two`;
  return { time: last.time, text: `${asked.length} asked about, the last one at ${isoTime(last.time)}: ${what}`, hits: held };
}

/** The largest of the traces that were asked, with its spans. */
export function nearestTrace(condition: TraceCheck, rule: Correlation, hits: readonly Hit[]): NearMiss | undefined {
  const any = triggersOf(kindOf({ ...condition, ask: { op: 'services', atLeast: 0 } }, rule), hits);
  const spansOf = (trigger: Trigger): readonly Hit[] => trigger.explain().hits;
  const largest = mostOf(any, (trigger) => spansOf(trigger).length);
  if (largest === undefined) return undefined;
  const spans = spansOf(largest);
  const text = `${any.length} ${any.length === 1 ? 'trace' : 'traces'} closed; the largest has ${spans.length} spans and matches, and ${askText(condition.ask)} is not so`;
  return { time: largest.time, text, hits: spans };
}

function askText(ask: TraceAsk): string {
  switch (ask.op) {
    case 'relative':
      return `"a span ${ask.has ? 'with' : 'without'} the ${ask.relation} ${ask.name}"`;
    case 'missing':
      return `"${ask.name} is missing"`;
    case 'order':
      return `"${ask.name} out of order"`;
    case 'services':
      return `"at least ${ask.atLeast} services"`;
    case 'errors':
      return `"at least ${ask.atLeast} errors"`;
    case 'timeout':
      return `"open for longer than ${durationText(ask.after)}"`;
    case 'parent_missing':
      return '"a parent is missing"';
  }
}

/** Of the matches that the facts were asked at, the one at which the first of them was highest; what each came to, and of what. */
export function nearestFacts(condition: WindowFacts, rule: Correlation, hits: readonly Hit[], nameOf: NameOf): NearMiss {
  // A tree that holds, with the rule's own beside it: its decisions say what every fact came to.
  const tree = { op: 'any' as const, of: [{ op: 'all' as const, of: [] }, condition.tree] };
  const asked = triggersOf(kindOf({ ...condition, tree }, rule), hits);
  const best = mostOf(asked, (trigger) => Number(trigger.explain().decision[0]?.observed ?? 0) || 0);
  if (best === undefined) return unasked(hits, nameOf(condition.asked));
  const { decision, hits: counted } = best.explain();
  const facts = decision.map(
    ({ condition: what, expected, observed }) => `${what} ${JSON.stringify(expected)}, found ${JSON.stringify(observed)}`,
  );
  return { time: best.time, text: `asked ${asked.length} times; nearest: ${facts.join('; ')}`, hits: counted };
}

const unasked = (hits: readonly Hit[], name: string): NearMiss => ({
  time: (hits.at(-1) as Hit).time,
  text: `no ${name} was there to be asked about`,
  hits: hits.slice(-5),
});

/** The last of those for which the number is highest. */
function mostOf<T>(all: readonly T[], of: (one: T) => number): T | undefined {
  let best: { readonly one: T; readonly n: number } | undefined;
  for (const one of all) {
    const n = of(one);
    if (best === undefined || n >= best.n) best = { one, n };
  }
  return best?.one;
}
