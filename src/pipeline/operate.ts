import type { AlertAction } from '../alert/actions.ts';
import { WardlineError } from '../shared/errors.ts';
import { at } from '../shared/nested.ts';
import type { Store } from '../store/store.ts';

const MAX_COMMENT = 4000;

/**
 * Records what an operator did to an alert; durable when it returns. A running engine takes it up within a second, otherwise
 * the next one does. Throws `usage` when the action cannot be: the alert is closed, the comment says nothing or too much.
 */
export function recordAction(store: Pick<Store, 'alerts' | 'actions'>, action: Omit<AlertAction, 'seq'>): void {
  const { alert, kind, comment } = action;
  if (kind === 'comment' && (comment === undefined || comment === '')) throw new WardlineError('usage', 'a comment says something');
  if (comment !== undefined && comment.length > MAX_COMMENT)
    throw new WardlineError('usage', `a comment has at most ${MAX_COMMENT} characters, not ${comment.length}`);
  const latest = store.alerts.latest('alert', alert);
  const closing = store.actions.pending().some((one) => one.alert === alert && one.kind === 'close');
  const closed = closing || (latest !== undefined && at(latest, 'wardline.alert.closed_by') !== undefined);
  if ((kind === 'acknowledge' || kind === 'close') && closed)
    throw new WardlineError('usage', `alert ${alert.slice(0, 12)} is closed; comment and disposition are still taken`);
  store.actions.add(action);
}
