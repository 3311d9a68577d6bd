import { withActions } from '../alert/actions.ts';
import { LEVELS } from '../rule/ir/rule.ts';
import { WardlineError } from '../shared/errors.ts';
import { at } from '../shared/nested.ts';
import { printable } from '../shared/table.ts';
import { alertTable } from '../sink/alert-row.ts';
import { openStore } from '../store/store.ts';
import { alertText } from './alert-text.ts';
import { EXIT } from './exit-codes.ts';
import { wholeNumber } from './flag-values.ts';
import type { Io } from './io.ts';

export type StoreFlags = { readonly store: string; readonly output: 'table' | 'json' };
export type ListFlags = StoreFlags & {
  readonly limit: string;
  readonly status?: string;
  readonly workflow?: string;
  readonly level?: string;
};

const STATUSES = ['open', 'acknowledged', 'closed'];
const WORKFLOWS = ['new', 'acknowledged', 'closed'];

/** `wardline alerts`: the newest alerts of the store, each once, as it stands. */
export function listAlerts(flags: ListFlags, io: Io): number {
  const limit = wholeNumber(flags.limit, '--limit');
  if (flags.status !== undefined && !STATUSES.includes(flags.status))
    throw new WardlineError('usage', `--status takes one of ${STATUSES.join(', ')}`);
  if (flags.workflow !== undefined && !WORKFLOWS.includes(flags.workflow))
    throw new WardlineError('usage', `--workflow takes one of ${WORKFLOWS.join(', ')}`);
  const from = flags.level === undefined ? 0 : (LEVELS as readonly string[]).indexOf(flags.level);
  if (from < 0) throw new WardlineError('usage', `--level takes one of ${LEVELS.join(', ')}`);
  const levels: readonly string[] = LEVELS.slice(from);
  const store = openStore(flags.store, { readOnly: true });
  const unfiltered = flags.status === undefined && flags.level === undefined && flags.workflow === undefined;
  const pending = store.actions.pending();
  const standing = store.alerts
    .standing(unfiltered ? limit + 1 : Number.MAX_SAFE_INTEGER)
    .map(({ document }) => document)
    .map((document) => withActions(document, pending))
    .filter(
      (document) =>
        at(document, 'wardline.canary') === undefined &&
        levels.includes(String(at(document, 'wardline.alert.severity'))) &&
        (flags.status === undefined || at(document, 'wardline.alert.status') === flags.status) &&
        (flags.workflow === undefined || (at(document, 'wardline.alert.workflow') ?? 'new') === flags.workflow),
    );
  store.close();
  const alerts = standing.slice(0, limit).reverse();
  if (flags.output === 'json') for (const document of alerts) io.out(`${JSON.stringify(document)}\n`);
  else io.out(`${alertTable(alerts)}\n${alerts.length} alerts${standing.length > limit ? ', older ones are left out (--limit)' : ''}\n`);
  return EXIT.ok;
}

/** `wardline alerts show ID`: one alert with why, evidence and history; as JSON every document of it. */
export function showAlert(id: string, flags: StoreFlags, io: Io): number {
  const store = openStore(flags.store, { readOnly: true });
  try {
    const [alert, ...others] = store.alerts.alertIds(id);
    const found = alert === undefined ? store.alerts.find(id) : store.alerts.transitions(alert);
    if (found.length === 0) throw new WardlineError('usage', `no alert begins with "${printable(id)}"`);
    if (others.length > 0)
      throw new WardlineError('usage', `${others.length + 1} alerts begin with "${printable(id)}"; write more of the id`);
    const documents = found.map(({ document }) => document);
    if (flags.output === 'json') for (const document of documents) io.out(`${JSON.stringify(document)}\n`);
    else
      io.out(
        alertText(
          documents,
          store.actions.pending().filter((action) => action.alert === alert),
        ),
      );
  } finally {
    store.close();
  }
  return EXIT.ok;
}
