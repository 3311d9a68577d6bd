import type { Nanos } from '../../event/time.ts';
import type { TraceAsk, TraceCheck } from '../../rule/ir/rule.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { Decision, Hit } from '../firing.ts';
import { lowerBound, MIN_TIME } from '../hits.ts';
import { type Kind, NOTHING, type Passage, SETTLED, type Trigger } from '../kind.ts';
import { buildTrace, type Span, type Trace } from '../trace.ts';

type Own = { settled: Nanos };
/** What a closed trace came to: the span it is about, or that it cannot be told. */
type Finding = { readonly span: Span; readonly doubtful: boolean; readonly decision: Decision };

/**
 * Questions to a whole trace, asked once it is closed: `idle` after its last span, at latest `max` after its first. Order
 * comes from parent links and never from clocks. That something is missing is told only of a complete trace: with a root,
 * every parent, and no source silent meanwhile; else it is undecided.
 */
export function traceKind(check: TraceCheck): Kind<Own> {
  const { idle, max } = check;
  /** Index behind the last span of the trace that opens at `from`. */
  const endOf = (hits: readonly Hit[], from: number): number => {
    const first = (hits[from] as Hit).time;
    let to = from + 1;
    while (to < hits.length && (hits[to] as Hit).time - (hits[to - 1] as Hit).time <= idle && (hits[to] as Hit).time <= first + max) to++;
    return to;
  };
  const closedAt = (hits: readonly Hit[], from: number, to: number): Nanos => {
    const [first, last] = [(hits[from] as Hit).time, (hits[to - 1] as Hit).time];
    return last + idle < first + max ? last + idle : first + max;
  };

  function* settle(hits: readonly Hit[], own: Own, { watermark, silent }: Passage): Iterable<Trigger> {
    for (let from = lowerBound(hits, own.settled + 1n); from < hits.length; ) {
      const to = endOf(hits, from);
      const closed = closedAt(hits, from, to);
      if (closed >= watermark) break;
      const whole = hits.slice(from, to);
      own.settled = (hits[to - 1] as Hit).time;
      from = to;
      const finding = judge(check, whole);
      if (finding === undefined) continue;
      const { span, decision } = finding;
      const start = (whole[0] as Hit).time;
      const undecided = finding.doubtful || (needsWhole(check.ask) && silent(start, closed));
      yield {
        time: span.hit.time,
        start,
        end: closed,
        ...(undecided ? { undecided } : {}),
        explain: () => ({ decision: [decision], hits: whole }),
      };
    }
  }

  return {
    reach: max + idle,
    settled: true,
    delay: max + idle,
    initial: () => ({ settled: MIN_TIME }),
    rests: SETTLED,
    inserted: () => NOTHING,
    passed: settle,
    due(hits, own) {
      const from = lowerBound(hits, own.settled + 1n);
      return from >= hits.length ? undefined : closedAt(hits, from, endOf(hits, from));
    },
    handsOn(hits, time) {
      const span = hits.find((hit) => hit.time === time && hit.rule === check.span);
      return { ...span?.values, ...pathOf(hits, check) };
    },
    blank: () => true,
  };
}

/** The services of a trace from its root on, for the alert. */
function pathOf(hits: readonly Hit[], check: TraceCheck): Readonly<Record<string, JsonValue>> {
  const services = [...new Set(buildTrace(hits, check.span).spans.map(({ service }) => service))].filter((service) => service !== '');
  return { 'wardline.trace.services': services.slice(0, 50) };
}

const needsWhole = (ask: TraceAsk): boolean => ask.op === 'missing' || ask.op === 'parent_missing' || (ask.op === 'relative' && !ask.has);

function judge({ ask, span }: TraceCheck, hits: readonly Hit[]): Finding | undefined {
  const trace = buildTrace(hits, span);
  const [first] = trace.spans;
  if (first === undefined) return undefined;
  const found = (at: Span, condition: string, expected: JsonValue, observed: JsonValue, doubtful = false): Finding => ({
    span: at,
    doubtful,
    decision: { condition: `trace ${condition}`, expected, observed },
  });
  switch (ask.op) {
    case 'relative': {
      const at = trace.spans.find((one) => one.marks.has(ask.match) && hasRelative(trace, one, ask) === ask.has);
      const words = `${ask.has ? 'has' : 'lacks'} ${ask.relation}`;
      return at && found(at, words, ask.name, trace.path(at), !ask.has && !trace.complete);
    }
    case 'missing':
      return trace.spans.some(({ marks }) => marks.has(ask.rule))
        ? undefined
        : found(trace.root ?? first, 'missing', ask.name, trace.path(first), !trace.complete);
    case 'parent_missing': {
      const at = trace.orphans[0];
      return at && found(at, 'parent missing', at.parent, trace.path(at));
    }
    case 'order': {
      const at = trace.spans.find(
        (one) => one.marks.has(ask.then) && trace.spans.some((other) => other.marks.has(ask.first) && comesBefore(trace, other, one)),
      );
      return at && found(at, 'order', ask.name, trace.path(at));
    }
    case 'services': {
      const count = new Set(trace.spans.map(({ service }) => service)).size;
      return count >= ask.atLeast ? found(trace.root ?? first, 'services', ask.atLeast, count) : undefined;
    }
    case 'errors': {
      const failed = trace.spans.filter(({ marks, failed: bad }) => bad && (ask.match === undefined || marks.has(ask.match)));
      return failed.length >= ask.atLeast ? found(failed[0] as Span, 'errors', ask.atLeast, failed.length) : undefined;
    }
    case 'timeout': {
      const late = trace.spans.find(({ end }) => end - first.hit.time > ask.after);
      return late && found(late, 'longer than', `${ask.after / 1_000_000n} ms`, `${(late.end - first.hit.time) / 1_000_000n} ms`);
    }
  }
}

function hasRelative(trace: Trace, span: Span, { relation, other }: Extract<TraceAsk, { op: 'relative' }>): boolean {
  const isOther = (one: Span | undefined): boolean => one?.marks.has(other) ?? false;
  switch (relation) {
    case 'parent':
      return isOther(trace.parentOf(span));
    case 'child':
      return trace.spans.some((one) => isOther(one) && trace.parentOf(one) === span);
    case 'ancestor':
      return trace.ancestorsOf(span).some(isOther);
    case 'descendant':
      return trace.spans.some((one) => isOther(one) && trace.ancestorsOf(one).includes(span));
    case 'log':
      return trace.logs.some(({ id, marks }) => id === span.id && marks.has(other));
  }
}

/** A span comes before those below it; of others the one that began first, since nothing else orders them. */
function comesBefore(trace: Trace, a: Span, b: Span): boolean {
  if (a === b || trace.ancestorsOf(a).includes(b)) return false;
  return trace.ancestorsOf(b).includes(a) || a.hit.time <= b.hit.time;
}
