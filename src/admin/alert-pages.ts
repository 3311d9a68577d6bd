import { type AlertAction, withActions } from '../alert/actions.ts';
import { LEVELS } from '../rule/ir/rule.ts';
import type { JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import type { KeptAlerts } from '../sink/elasticsearch-alerts.ts';
import type { Store } from '../store/store.ts';

export type AlertQuery = {
  readonly level?: string | undefined;
  readonly status?: string | undefined;
  readonly workflow?: string | undefined;
  /** Text that stands somewhere in the document; case does not matter. */
  readonly q?: string | undefined;
  /** Goes on behind this number. */
  readonly before?: number | undefined;
};

export type AlertPage = { readonly alerts: readonly JsonObject[]; readonly next: number | undefined };

const PAGE = 50;
const CHUNK = 200;
/** A search looks at so many alerts for one answer, then says where to go on: it shares the process with the engine. */
const MOST_SEEN = 2000;

/** The same of alerts that are kept elsewhere; `before` is then how many of the newest were looked at already. */
export async function keptPage(kept: Pick<KeptAlerts, 'standing'>, query: AlertQuery): Promise<AlertPage> {
  const found: JsonObject[] = [];
  let from = query.before ?? 0;
  for (let seen = 0; seen < MOST_SEEN; ) {
    const documents = await kept.standing(from, CHUNK);
    for (const document of documents) {
      seen++;
      from++;
      if (!fits(document, query)) continue;
      found.push(document);
      if (found.length === PAGE) return { alerts: found, next: from };
    }
    if (documents.length < CHUNK) return { alerts: found, next: undefined };
  }
  return { alerts: found, next: from };
}

/** The newest alerts that fit, each as it stands, actions that no engine has taken up yet included. */
export function alertPage({ alerts, actions }: Pick<Store, 'alerts' | 'actions'>, query: AlertQuery): AlertPage {
  const pending = actions.pending();
  const found: JsonObject[] = [];
  let before = query.before ?? Number.MAX_SAFE_INTEGER;
  for (let seen = 0; seen < MOST_SEEN; ) {
    const rows = alerts.standingBefore(before, CHUNK);
    for (const { seq, document } of rows) {
      seen++;
      before = seq;
      const shown = withActions(document, pending);
      if (!fits(shown, query)) continue;
      found.push(shown);
      if (found.length === PAGE) return { alerts: found, next: before };
    }
    if (rows.length < CHUNK) return { alerts: found, next: undefined };
  }
  return { alerts: found, next: before };
}

function fits(document: JsonObject, { level, status, workflow, q }: AlertQuery): boolean {
  if (at(document, 'wardline.canary') !== undefined) return false;
  const levels: readonly string[] = LEVELS;
  if (level !== undefined && levels.indexOf(String(at(document, 'wardline.alert.severity'))) < levels.indexOf(level)) return false;
  if (status !== undefined && at(document, 'wardline.alert.status') !== status) return false;
  if (workflow !== undefined && (at(document, 'wardline.alert.workflow') ?? 'new') !== workflow) return false;
  return q === undefined || q === '' || JSON.stringify(document).toLowerCase().includes(q.toLowerCase());
}

/** One alert with all its documents, and what was done to it that no engine has taken up yet. */
export function alertHistory(
  { alerts, actions }: Pick<Store, 'alerts' | 'actions'>,
  id: string,
): { readonly documents: readonly JsonObject[]; readonly pending: readonly AlertAction[] } | undefined {
  const documents = alerts.transitions(id).map(({ document }) => document);
  const last = documents.at(-1);
  if (last === undefined) return undefined;
  const pending = actions.pending().filter(({ alert }) => alert === id);
  return { documents: [...documents.slice(0, -1), withActions(last, pending)], pending };
}
