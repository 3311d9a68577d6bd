import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { Hit } from './firing.ts';

/** One span of a trace; `marks` are the members that it matched. */
export type Span = {
  readonly id: string;
  readonly parent: string;
  readonly kind: string;
  readonly service: string;
  readonly failed: boolean;
  readonly end: Nanos;
  readonly hit: Hit;
  readonly marks: Set<RuleId>;
};
/** A log record that names a span. */
export type SpanLog = { readonly id: string; readonly marks: Set<RuleId> };

export type Trace = {
  /** In order of start; identical spans once. */
  readonly spans: readonly Span[];
  readonly logs: readonly SpanLog[];
  readonly root: Span | undefined;
  /** Spans whose parent is not in the trace. */
  readonly orphans: readonly Span[];
  /** There is a root, every parent is there, and no limit was met. */
  readonly complete: boolean;
  parentOf(span: Span): Span | undefined;
  /** From the parent up; a circle of parents is cut. */
  ancestorsOf(span: Span): readonly Span[];
  /** Services from the root down to a span. */
  path(span: Span): string;
};

const MAX_SPANS = 10_000;
const MAX_DEPTH = 256;

/** Links the spans of a trace by their parents. Matches of one event belong to one span; `spanRule` marks spans, all else logs. */
export function buildTrace(hits: readonly Hit[], spanRule: RuleId): Trace {
  const spans: Span[] = [];
  const logs: SpanLog[] = [];
  const byKey = new Map<string, Span>();
  const byEvent = new Map<string, Set<RuleId>>();
  const marksOf = ({ origin: { source, partition, offset, index }, rule }: Hit): Set<RuleId> => {
    const key = `${partition}/${offset}/${index}/${source}`;
    const marks = byEvent.get(key) ?? new Set();
    byEvent.set(key, marks.add(rule));
    return marks;
  };
  for (const hit of hits) marksOf(hit);
  for (const hit of hits) {
    const id = text(hit, 'span.id');
    const marks = marksOf(hit);
    if (hit.rule !== spanRule) {
      if (!marks.has(spanRule)) logs.push({ id, marks });
      continue;
    }
    const kind = text(hit, 'span.kind');
    // Zipkin gives both ends of a call one id; a span that came twice is one.
    const key = `${kind}/${id}`;
    const known = byKey.get(key);
    if (known !== undefined) for (const mark of marks) known.marks.add(mark);
    else if (spans.length < MAX_SPANS) {
      const span = {
        id,
        kind,
        parent: text(hit, 'parent.id'),
        service: text(hit, 'service.name'),
        failed: text(hit, 'event.outcome') === 'failure',
        end: hit.time + durationOf(hit),
        hit,
        marks,
      };
      byKey.set(key, span);
      spans.push(span);
    }
  }
  const byId = Map.groupBy(spans, ({ id }) => id);
  const parentOf = (span: Span): Span | undefined => {
    const twin = span.kind === 'server' ? byId.get(span.id)?.find(({ kind }) => kind === 'client') : undefined;
    if (twin !== undefined) return twin;
    const same = byId.get(span.parent)?.filter((one) => one !== span);
    return same?.find(({ kind }) => kind === 'server') ?? same?.[0];
  };
  const ancestorsOf = (span: Span): readonly Span[] => {
    const out: Span[] = [];
    for (let at = parentOf(span); at !== undefined && !out.includes(at) && at !== span && out.length < MAX_DEPTH; at = parentOf(at))
      out.push(at);
    return out;
  };
  const root = spans.find(({ parent }) => parent === '');
  const orphans = spans.filter((span) => span.parent !== '' && parentOf(span) === undefined);
  return {
    spans,
    logs,
    root,
    orphans,
    complete: root !== undefined && orphans.length === 0 && spans.length < MAX_SPANS,
    parentOf,
    ancestorsOf,
    path(span) {
      const services = [span, ...ancestorsOf(span)].map(({ service }) => service).reverse();
      return services.filter((service, i) => service !== services[i - 1]).join(' > ');
    },
  };
}

function text({ values }: Hit, field: string): string {
  const value = values[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function durationOf({ values }: Hit): Nanos {
  const value = values['event.duration'];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : 0n;
}
