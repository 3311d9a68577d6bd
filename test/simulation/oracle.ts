import { createCorrelator, DEFAULT_CORRELATE_OPTIONS } from '../../src/correlate/correlator.ts';
import { MAX_TIME } from '../../src/correlate/hits.ts';
import { createLateness } from '../../src/correlate/lateness.ts';
import type { Match } from '../../src/detect/match.ts';
import { createFilter, type Filter } from '../../src/pipeline/distributed/filter.ts';
import type { Entry } from '../../src/transport/port.ts';
import { AFTER, BEFORE, newNormalizer } from './rules.ts';

/** Every (event, rule, member, group) once, remembered one by one. */
export function exactFilter(): Filter {
  const seen = new Set<string>();
  const times = createFilter();
  return {
    takes({ place, routed }) {
      const { source, partition, incarnation, offset, index } = place;
      const key = JSON.stringify([
        source,
        partition,
        incarnation,
        String(offset),
        index,
        routed.rule,
        routed.logic,
        routed.hit.rule,
        routed.group.key,
      ]);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    },
    takesTime: times.takesTime,
    snapshot: () => ({ matches: [], times: [] }),
  };
}

/** From where on a source partition is read by the later rules. */
export type Switch = { readonly epoch: number; readonly offset: bigint };

/**
 * Closed episodes by id, as an evaluation of the source records alone gives them, with no log between; where the later rules
 * came up while running, those of that set, each fed from where its logic is read.
 */
export function closedBySource(
  history: readonly (readonly (readonly Entry[])[])[],
  source: string,
  lateness: bigint,
  switches: ReadonlyMap<number, Switch> | undefined,
): ReadonlyMap<string, { readonly rule: string; readonly text: string }> {
  const last = switches === undefined ? BEFORE : AFTER;
  const correlator = createCorrelator(last.ruleset, DEFAULT_CORRELATE_OPTIONS);
  const closed = new Map<string, { readonly rule: string; readonly text: string }>();
  const keep = (firings: ReturnType<typeof correlator.apply>): void => {
    for (const firing of firings) {
      const alert = firing.stage === 'closed' ? last.correlate.toAlert(firing, () => undefined) : undefined;
      if (alert !== undefined) closed.set(alert.id, { rule: firing.rule, text: JSON.stringify(alert.document) });
    }
  };
  const feed = (matches: readonly Match[], by: typeof BEFORE): void => {
    for (const match of matches)
      for (const routed of by.router.route(match).routed)
        if (last.correlate.logicOf(routed.rule) === routed.logic) keep(correlator.apply({ kind: 'routed', routed }));
  };
  history.forEach((epochs, partition) => {
    const own = createLateness(lateness);
    const change = switches?.get(partition);
    epochs.forEach((entries, epoch) => {
      for (const { offset, appendedAt, value } of entries) {
        const later = change !== undefined && (epoch > change.epoch || (epoch === change.epoch && offset >= change.offset));
        const by = later ? AFTER : BEFORE;
        const record = { source, partition, offset, appendedAt, bytes: value, headers: new Map<string, string>() };
        feed(by.ingest([record], newNormalizer(), own).matches, by);
      }
    });
  });
  keep(correlator.apply({ kind: 'end', newest: MAX_TIME }));
  return closed;
}

/** Rules that a run with a change of rules can be held to: their logic, and that of all that feed them, did not change. */
export function isLasting(rule: string): boolean {
  const logic = AFTER.correlate.logicOf(rule);
  const before = BEFORE.correlate.logicOf(rule);
  if (logic === undefined || (before !== undefined && before !== logic)) return false;
  const found = AFTER.ruleset.correlations.find(({ id }) => id === rule);
  return found === undefined || found.members.every(isLasting);
}
