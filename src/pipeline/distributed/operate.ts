import { dedupFields } from '../../correlate/plans.ts';
import { tupleId } from '../../shared/digest.ts';
import { isObject, type JsonObject } from '../../shared/json.ts';
import type { Logger } from '../../shared/logger.ts';
import { at } from '../../shared/nested.ts';
import type { Store } from '../../store/store.ts';
import type { LogWriter, Worker } from '../../transport/port.ts';
import { ACTION_KEY, decodeAlertRecord, encodeMatchRecord } from './records.ts';
import type { StageRules } from './rulesets.ts';

export type OperateDeps = {
  readonly store: Pick<Store, 'alerts' | 'reducers' | 'transaction'>;
  /** The topic, by which the store knows how far it came. */
  readonly topic: string;
  readonly logger: Logger;
};

/**
 * Reads one partition of `wardline.alerts` into a store: what operators look at and act on. Alerts and how far it came are
 * one transaction, and a repeated alert is stored once, so where the group stands is not asked.
 */
export function operateWorker({ store, topic, logger }: OperateDeps): Worker {
  return async (owned) => {
    const name = `${topic}/${owned.partition}`;
    const { low } = await owned.bounds();
    let next = BigInt(store.reducers.load(name)?.seq ?? 0);
    if (next < low) {
      if (next > 0n)
        logger.error({ partition: owned.partition, from: String(next), to: String(low) }, 'alerts were removed before they were read');
      next = low;
    }
    for await (const entries of owned.read(next)) {
      if (owned.revoked.aborted) return;
      const fresh = entries.filter(({ offset }) => offset >= next);
      const last = fresh.at(-1);
      if (last === undefined) continue;
      next = last.offset + 1n;
      store.transaction(() => {
        store.alerts.append(
          fresh.flatMap(({ value }) => decodeAlertRecord(value) ?? []),
          [],
        );
        store.reducers.save(name, null, Number(next));
      });
      await owned.commit({ offset: next, metadata: '' }).catch(() => undefined);
    }
  };
}

export type ActionDeps = {
  readonly store: Pick<Store, 'alerts' | 'actions'>;
  readonly matches: LogWriter;
  /** The rules that are active now. */
  readonly rules: () => Promise<Pick<StageRules, 'ruleset' | 'router'>>;
};

/**
 * Sends on what operators recorded in the store, each to the partition that has the alert's group. It is done with only after
 * the log has it; what is sent again after a crash has the same id, and is taken up once. Returns how many were sent.
 */
export async function sendActions({ store, matches, rules }: ActionDeps): Promise<number> {
  const pending = store.actions.pending();
  if (pending.length === 0) return 0;
  const active = await rules();
  let sent = 0;
  for (const { seq, ...action } of pending) {
    const latest = store.alerts.latest('alert', action.alert);
    if (latest === undefined) continue;
    const id = tupleId(['action', action.alert, String(seq), action.kind, action.actor, String(action.at)]);
    const value = encodeMatchRecord({ kind: 'action', id, action, latest });
    await matches.append(partitionOf(latest, active, matches.partitions), [{ key: ACTION_KEY, value }]);
    store.actions.applied([seq]);
    sent++;
  }
  return sent;
}

/** The partition of matches that an alert's group lives in, by the rules that are active; of a rule that is gone any, always the same. */
export function partitionOf(document: JsonObject, { ruleset, router }: Pick<StageRules, 'ruleset' | 'router'>, partitions: number): number {
  const id = String(at(document, 'rule.id'));
  const rule = ruleset.byId.get(id);
  const group = at(document, 'wardline.alert.group');
  if (rule === undefined || group === undefined || !isObject(group))
    return router.partitionOf(id, String(at(document, 'wardline.alert.episode') ?? at(document, 'wardline.alert.id')), partitions);
  const names = rule.kind === 'correlation' ? rule.groupBy.map(({ name }) => name) : dedupFields(rule.dedup);
  return router.partitionOf(id, JSON.stringify(names.map((name) => group[name] ?? '')), partitions);
}
