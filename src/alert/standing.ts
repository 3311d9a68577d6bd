import type { Firing } from '../correlate/firing.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { at } from '../shared/nested.ts';

export type Status = 'open' | 'acknowledged' | 'closed';

/** What people did with an alert, whether or not its rule still holds: only operators change it. */
export type Workflow = 'new' | 'acknowledged' | 'closed';

/** What a closed alert does while its rule still holds: a new alert opens, or it stays closed and is only counted on. */
export type OnClose = 'reset' | 'continue';

/** Which alert a firing belongs to and how that alert stands, operators' actions included. */
export type Standing = {
  readonly alert: string;
  readonly stage: Firing['stage'];
  readonly status: Status;
  /** What operators said of the alert so far, as fields below `wardline.alert`. */
  readonly carried: JsonObject;
};

/** Fields below `wardline.alert` that operators write and later transitions keep. */
const CARRIED = ['workflow', 'disposition', 'acknowledged', 'comments', 'closed_by'] as const;

/**
 * The life cycle as one step: `latest` is the newest document of the episode, if there is one. Undefined: there is nothing
 * to say, because an operator closed the alert before its episode ended.
 */
export function standingOf(
  stage: Firing['stage'],
  ids: { readonly transition: string; readonly episode: string },
  latest: JsonObject | undefined,
  onClose: OnClose,
): Standing | undefined {
  const closes = stage === 'closed' || stage === 'merged';
  if (latest === undefined || stage === 'opened') {
    const alert = stage === 'opened' ? ids.transition : ids.episode;
    return { alert, stage, status: closes ? 'closed' : 'open', carried: {} };
  }
  const alert = String(at(latest, 'wardline.alert.id'));
  const closedByOperator = at(latest, 'wardline.alert.closed_by') !== undefined;
  if (closedByOperator && closes) return undefined;
  if (closedByOperator && onClose === 'reset' && stage === 'continued')
    return { alert: ids.transition, stage: 'opened', status: 'open', carried: { reopens: alert } };
  const before = at(latest, 'wardline.alert.status') as Status | undefined;
  const status = closes || closedByOperator ? 'closed' : before === 'acknowledged' ? 'acknowledged' : 'open';
  return { alert, stage, status, carried: carriedOf(latest) };
}

/** What operators said of an alert, as its newest document has it. */
export function carriedOf(document: JsonObject): JsonObject {
  const out: Record<string, JsonValue> = {};
  for (const name of CARRIED) {
    const value = at(document, `wardline.alert.${name}`);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

/** The severity of the step before, on a step that changes it: receivers may ask to be told of nothing else. */
export function severityBefore(stage: string, severity: string, latest: JsonObject | undefined): JsonObject {
  const before = latest === undefined ? undefined : at(latest, 'wardline.alert.severity');
  return stage !== 'continued' || before === undefined || before === severity ? {} : { severity_before: before };
}
