import type { AlertAction } from '../alert/actions.ts';
import type { Note } from '../correlate/correlator.ts';
import type { RawRecord } from '../event/raw-record.ts';
import type { NotifyDecision } from '../notify/reducer.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import type { AlertDocument, Delivery } from '../sink/sink.ts';
import type { Batch } from '../source/source.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Board } from './board.ts';
import type { CanaryStep } from './canaries.ts';
import type { Ingested } from './ingest.ts';
import type { LossCount } from './losses.ts';

/** Counts what the engine does, once per batch: the one place where the stages and the list of instruments meet. */
export type Meters = {
  ingested(source: string, records: readonly RawRecord[], ingested: Ingested): void;
  gap(source: string, partition: number, gap: NonNullable<Batch['gap']>): void;
  /** Alerts that are new; `now` in ms. */
  alerts(alerts: readonly AlertDocument[], now: number): void;
  /** A shadow or canary rule would have alerted. */
  quiet(rule: RuleId, mode: string): void;
  note(note: Note): void;
  /** What a rule could not use, or let go, since the last time. */
  lost(count: LossCount): void;
  delivered(receiver: string, outcomes: readonly Delivery[]): void;
  notified(decisions: readonly NotifyDecision[]): void;
  action(action: AlertAction): void;
  canary(step: CanaryStep): void;
  inbox(source: string, outcomes: readonly string[]): void;
};

/** The board is told the same, rule by rule: what the console shows. */
export function createMeters(metrics: Metrics, board?: Board): Meters {
  const counted = (
    name: Parameters<Metrics['add']>[0],
    values: Iterable<string>,
    labels: (value: string) => Record<string, string>,
  ): void => {
    const sums = new Map<string, number>();
    for (const value of values) sums.set(value, (sums.get(value) ?? 0) + 1);
    for (const [value, sum] of sums) metrics.add(name, sum, labels(value));
  };
  return {
    ingested(source, records, { counts, excepted, checked }) {
      board?.matched(counts.matches);
      if (checked > 0) metrics.add('wardline.matcher.checks', checked, { source });
      metrics.add('wardline.records', records.length, { source });
      metrics.add(
        'wardline.bytes',
        records.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0),
        { source },
      );
      const formats = new Map<string, number>();
      for (const { type, events } of counts.rows) formats.set(type, (formats.get(type) ?? 0) + events);
      for (const [format, events] of formats) metrics.add('wardline.events', events, { source, format });
      if (counts.unparsed > 0) metrics.add('wardline.events.unparsed', counts.unparsed, { source });
      if (counts.late > 0) metrics.add('wardline.events.late', counts.late, { source });
      for (const [tag, sum] of counts.tags) metrics.add('wardline.events.doubtful', sum, { source, tag });
      for (const [reason, sum] of counts.deadLetters) metrics.add('wardline.dead_letters', sum, { source, reason });
      for (const { rule, count } of counts.matches) metrics.add('wardline.rule.matches', count, { rule });
      for (const { exception, rule, effect } of excepted) {
        if (effect === 'filter') metrics.add('wardline.filters.hidden', 1, { filter: exception, rule });
        else metrics.add('wardline.exceptions.hidden', 1, { exception, rule });
      }
    },
    gap(source, partition, gap) {
      const { from, to, cause } = gap;
      board?.gap(source, partition, gap);
      metrics.add('wardline.gaps', 1, { source, cause });
      if (to !== undefined) metrics.add('wardline.gaps.lost', Number(to - from), { source, cause });
    },
    alerts(alerts, now) {
      for (const { document } of alerts) {
        const [severity, stage] = [text(document, 'wardline.alert.severity'), text(document, 'wardline.alert.stage')];
        metrics.add('wardline.alerts', 1, { severity, stage });
        if (stage === 'opened') board?.noted(text(document, 'rule.id'), 'alert', 1);
        const time = stage === 'opened' ? Date.parse(text(document, '@timestamp')) : Number.NaN;
        if (!Number.isNaN(time)) metrics.record('wardline.detection_delay.seconds', Math.max(0, now - time) / 1000);
      }
    },
    quiet: (rule, mode) => metrics.add('wardline.rule.quiet_alerts', 1, { rule, mode }),
    note(note) {
      if (note.kind !== 'undecided') return;
      if (note.reason === 'silent') board?.noted(note.rule, 'undecided', 1);
      metrics.add('wardline.rule.undecided', 1, { rule: note.rule, reason: note.reason });
    },
    lost({ rule, lateTaken, late, ungrouped, unvalued, evicted, dropped, values, members, estimated }) {
      if (evicted > 0) {
        board?.noted(rule, 'evicted', evicted);
        metrics.add('wardline.rule.evictions', evicted, { rule });
      }
      if (values > 0) metrics.add('wardline.rule.values.dropped', values, { rule });
      if (members > 0) metrics.add('wardline.rule.members.left_out', members, { rule });
      if (estimated > 0) metrics.add('wardline.rule.values.estimated', estimated, { rule });
      if (lateTaken > 0) metrics.add('wardline.rule.matches.late', lateTaken, { rule });
      for (const [reason, sum] of [
        ['too_late', late],
        ['no_group', ungrouped],
        ['no_value', unvalued],
        ['full', dropped],
      ] as const)
        if (sum > 0) metrics.add('wardline.rule.matches.left_out', sum, { rule, reason });
    },
    delivered: (receiver, outcomes) =>
      counted(
        'wardline.delivery.outcomes',
        outcomes.map(({ outcome }) => outcome),
        (result) => ({ receiver, result }),
      ),
    notified(decisions) {
      for (const [receiver, own] of Map.groupBy(decisions, (one) => one.receiver))
        counted(
          'wardline.notify.decisions',
          own.map(({ decision }) => decision),
          (decision) => ({ receiver: receiver === '' ? 'none' : receiver, decision }),
        );
    },
    action: ({ kind }) => metrics.add('wardline.operator.actions', 1, { kind }),
    canary({ id, step }) {
      board?.planted(id, step);
      metrics.add('wardline.canary.steps', 1, { canary: id, step });
    },
    inbox(source, outcomes) {
      const sum = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
      if (sum('full') > 0) metrics.add('wardline.inbox.refused', sum('full'), { source });
      if (sum('repeated') > 0) metrics.add('wardline.inbox.repeated', sum('repeated'), { source });
    },
  };
}

const text = (document: JsonObject, path: string): string => String(at(document, path) ?? 'none');
