import type { Store } from '../../store/store.ts';
import { type Deployment, groupOfItsOwn, subscribe } from './deployment.ts';
import { evidenceWorker } from './evidence.ts';
import { operateWorker, sendActions } from './operate.ts';
import { newestOf } from './rulesets.ts';

/** Keeps the ledger in the store of this process. */
export function evidenceRole(deployment: Deployment, store: Store): Promise<void> {
  const { transport, names, clock, logger } = deployment;
  const worker = evidenceWorker({ store, clock, logger, every: { records: 5000, ms: 2000 } });
  return subscribe(deployment, { topic: names.evidence, groupId: groupOfItsOwn(transport.prefix, 'evidence'), worker, stage: 'evidence' });
}

/** Keeps the alerts in the store of this process; `send` gives what operators recorded there to the log. */
export function operateRole(deployment: Deployment, store: Store): { readonly job: Promise<void>; readonly send: () => Promise<unknown> } {
  const { transport, names, logger, matches, rulesets } = deployment;
  const worker = operateWorker({ store, topic: names.alerts, logger });
  const groupId = groupOfItsOwn(transport.prefix, 'operate');
  return {
    job: subscribe(deployment, { topic: names.alerts, groupId, worker, stage: 'operate' }),
    send: () => sendActions({ store, matches, rules: async () => await rulesets.load(newestOf(rulesets)) }),
  };
}
