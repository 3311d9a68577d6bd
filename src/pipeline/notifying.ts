import { notificationDocument } from '../notify/document.ts';
import { factsOf } from '../notify/facts.ts';
import { createNotifier, type Notification, type NotifyDecision } from '../notify/reducer.ts';
import type { NotifySettings } from '../notify/settings.ts';
import type { Clock } from '../shared/clock.ts';
import { at } from '../shared/nested.ts';
import { silencesOf } from '../store/silences.ts';
import type { Store } from '../store/store.ts';

const NAME = 'notify';
const BATCH = 1000;
/** State without news for a receiver is written this often; what came since is read again after a crash. */
const SAVE_MS = 10_000;

export type Notifying = {
  /** Takes in alerts that are new in the store and tells what is due. Returns the number of notifications. */
  turn(): number;
  /** Nothing more will come: groups that wait for more alerts wait no longer. */
  settle(): number;
};

/**
 * The notification reducer beside the store: alerts in, notifications and decisions out, each with the state it follows
 * from in one transaction. A crash repeats the reading of alerts, never a notification.
 */
export function createNotifying(
  store: Store,
  settings: NotifySettings,
  clock: Clock,
  /** Told of decisions once they are stored. */
  observe: (decisions: readonly NotifyDecision[]) => void = () => undefined,
): Notifying {
  const saved = store.reducers.load(NAME);
  const notifier = createNotifier(settings, saved?.state);
  let seq = saved?.seq ?? 0;
  let savedAt = clock.now();
  let dirty = false;
  let decisions: NotifyDecision[] = [];
  let silenced = '';

  const read = (now: number): void => {
    for (;;) {
      const alerts = store.alerts.after(seq, BATCH);
      for (const alert of alerts) {
        // A canary goes to the receiver it is meant to prove, and wakes nobody else.
        if (at(alert.document, 'wardline.canary') === undefined) decisions.push(...notifier.alert(factsOf(alert.document), now).decisions);
        seq = alert.seq;
      }
      if (alerts.length > 0) dirty = true;
      if (alerts.length < BATCH) return;
    }
  };

  /** Silences that people recorded, as they stand now. */
  const hush = (now: number): void => {
    const recorded = store.silences.endingAfter(now);
    const text = JSON.stringify(recorded);
    if (text === silenced) return;
    silenced = text;
    notifier.silence(silencesOf(recorded));
  };

  const keep = (notifications: readonly Notification[], now: number): number => {
    if (notifications.length === 0 && (!dirty || now - savedAt < SAVE_MS)) return 0;
    const made = notifications.map((notification) => {
      const [leading] = notification.alerts;
      const newest = leading === undefined ? undefined : store.alerts.latest('alert', leading.id);
      return { ...notification, ...notificationDocument(notification, newest ?? {}) };
    });
    const log = decisions;
    store.transaction(() => {
      store.notifications.append(made, log);
      for (const { decision, by, at: when } of log) if (decision === 'silenced' && by !== undefined) store.silences.hid(by, when);
      store.reducers.save(NAME, notifier.snapshot(), seq);
    });
    observe(log);
    decisions = [];
    dirty = false;
    savedAt = now;
    return made.length;
  };

  const tell = (now: number, tick: (at: number) => ReturnType<typeof notifier.tick>): number => {
    read(now);
    hush(now);
    const out = tick(now);
    decisions.push(...out.decisions);
    if (out.decisions.length > 0) dirty = true;
    return keep(out.notifications, now);
  };

  return {
    turn: () => tell(clock.now(), notifier.tick),
    settle() {
      savedAt = 0;
      return tell(clock.now(), notifier.settle);
    },
  };
}
