import { fromMs, isoTime } from '../event/time.ts';
import { tupleId } from '../shared/digest.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import { withKibanaFields } from './kibana.ts';
import { carriedOf, type Status, type Workflow } from './standing.ts';

export const DISPOSITIONS = ['true_positive', 'false_positive', 'benign'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export const ACTION_KINDS = ['acknowledge', 'disposition', 'comment', 'close'] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** What an operator did to one alert: a record with a number, in the order in which the store took them. */
export type AlertAction = {
  readonly seq: number;
  /** `wardline.alert.id`, whole. */
  readonly alert: string;
  readonly kind: ActionKind;
  readonly actor: string;
  /** The network address it came from; undefined: the command line. */
  readonly address?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly disposition: Disposition | undefined;
  readonly comment: string | undefined;
};

const VERBS: Readonly<Record<ActionKind, string>> = {
  acknowledge: 'acknowledged',
  disposition: 'judged',
  comment: 'commented',
  close: 'closed',
};

/** The status of an alert after an action. */
export function statusAfter(before: Status, kind: ActionKind): Status {
  if (kind === 'close') return 'closed';
  return kind === 'acknowledge' && before === 'open' ? 'acknowledged' : before;
}

const workflowAfter = (before: Workflow, kind: ActionKind): Workflow =>
  kind === 'close' ? 'closed' : kind === 'acknowledge' && before === 'new' ? 'acknowledged' : before;

/** `wardline.alert` after an action; everything that the action does not speak of stays. */
export function actedOn(latest: JsonObject, action: AlertAction): JsonObject {
  const { kind, actor, disposition, comment } = action;
  const by = { by: actor, at: isoTime(fromMs(action.at)) };
  const carried = carriedOf(latest);
  const { severity_before: _, ...alert } = (at(latest, 'wardline.alert') ?? {}) as JsonObject;
  return {
    ...alert,
    ...carried,
    status: statusAfter((alert['status'] ?? 'open') as Status, kind),
    workflow: workflowAfter((alert['workflow'] ?? 'new') as Workflow, kind),
    ...(kind === 'acknowledge' ? { acknowledged: by } : {}),
    ...(disposition === undefined ? {} : { disposition: { value: disposition, ...by } }),
    ...(comment === undefined ? {} : { comments: Number(carried['comments'] ?? 0) + 1 }),
    ...(kind === 'close' ? { closed_by: by } : {}),
    action: {
      seq: action.seq,
      kind,
      ...by,
      ...(disposition === undefined ? {} : { disposition }),
      ...(comment === undefined ? {} : { comment }),
    },
  };
}

/**
 * The transition an action makes: the alert as it stood, with what the operator said. Its id comes from the alert and the
 * number of the action, so applying the action again makes the same document.
 */
export function actionDocument(
  latest: JsonObject,
  action: AlertAction,
  tenant: string,
): { readonly id: string; readonly document: JsonObject } {
  const { kind, actor, disposition, comment } = action;
  const id = tupleId(['a1', tenant, 'action', action.alert, String(action.seq)]);
  const time = isoTime(fromMs(action.at));
  const said = [VERBS[kind], disposition, `by ${actor}`].filter((part) => part !== undefined).join(' ');
  const event: JsonObject = {
    ...(latest['event'] as JsonObject),
    action: kind === 'close' ? 'alert-closed' : 'alert-updated',
    id,
    created: time,
    reason: comment === undefined ? said : `${said}: ${comment}`,
  };
  const wardline: Record<string, JsonValue> = {
    ...(latest['wardline'] as JsonObject),
    alert: { ...actedOn(latest, action), stage: kind === 'close' ? 'closed' : 'action' },
  };
  const document = { ...latest, '@timestamp': time, event, wardline };
  return { id, document: latest['kibana'] === undefined ? document : withKibanaFields(document) };
}

/** An alert with what operators did to it and no engine has taken up yet. */
export function withActions(document: JsonObject, actions: readonly AlertAction[]): JsonObject {
  const alert = at(document, 'wardline.alert.id');
  return actions
    .filter((action) => action.alert === alert)
    .reduce<JsonObject>(
      (latest, action) => ({ ...latest, wardline: { ...(latest['wardline'] as JsonObject), alert: actedOn(latest, action) } }),
      document,
    );
}
