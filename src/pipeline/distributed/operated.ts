import { type AlertAction, actionDocument } from '../../alert/actions.ts';
import { carriedOf } from '../../alert/standing.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { at } from '../../shared/nested.ts';
import type { AlertDocument } from '../../sink/sink.ts';

/** What operators did to the alerts of one partition, as far as later transitions and actions must know it. */
export type Operated = {
  /** The alert of an episode as it stands, what operators said included; undefined: nobody acted on it. */
  latest(episode: string): JsonObject | undefined;
  /** A transition was made: what operators said of its episode goes on with it. */
  made(alert: AlertDocument): void;
  /** Takes up an action as number `seq` of the partition; undefined: it was taken up before. */
  act(id: string, action: AlertAction, latest: JsonObject, tenant: string): ActionStep | undefined;
  snapshot(): OperatedState;
};

export type ActionStep = { readonly action: AlertAction; readonly before: JsonObject; readonly after: AlertDocument };

type Entry = { readonly alert: JsonObject; readonly ids: readonly string[] };
export type OperatedState = readonly (readonly [episode: string, entry: Entry])[];

/** Episodes that are remembered; beyond, the one acted on least recently goes, and what operators said of it stays in its documents. */
const MAX_EPISODES = 10_000;
/** Actions of an episode by which a repeated one is known. */
const MAX_IDS = 32;

/** Fields below `wardline.alert` that the next transition asks for, besides those that operators write. */
const ASKED = ['id', 'episode', 'stage', 'status', 'severity'] as const;

export function createOperated(saved: OperatedState = []): Operated {
  const entries = new Map<string, Entry>(saved);
  const put = (episode: string, entry: Entry): void => {
    entries.delete(episode);
    entries.set(episode, entry);
    if (entries.size > MAX_EPISODES) entries.delete(entries.keys().next().value as string);
  };
  return {
    latest(episode) {
      const entry = entries.get(episode);
      return entry === undefined ? undefined : { wardline: { alert: entry.alert } };
    },
    made({ id, document }) {
      const episode = episodeOf(id, document);
      const entry = entries.get(episode);
      if (entry !== undefined) entries.set(episode, { ...entry, alert: askedOf(document) });
    },
    act(id, action, latest, tenant) {
      const episode = episodeOf(action.alert, latest);
      const known = entries.get(episode);
      if (known?.ids.includes(id)) return undefined;
      const before = known === undefined || known.alert['id'] !== action.alert ? latest : standing(latest, known.alert);
      const after = actionDocument(before, action, tenant);
      // An alert that a later one of its episode took over is history: the later one goes on as it was.
      const newer = known !== undefined && known.alert['id'] !== action.alert;
      put(episode, { alert: newer ? known.alert : askedOf(after.document), ids: [...(known?.ids ?? []), id].slice(-MAX_IDS) });
      return { action, before, after };
    },
    snapshot: () => [...entries],
  };
}

/** The alert as the operator's process knew it, with what is known here of its status and of what operators said since. */
function standing(latest: JsonObject, known: JsonObject): JsonObject {
  const wardline = (latest['wardline'] ?? {}) as JsonObject;
  return { ...latest, wardline: { ...wardline, alert: { ...(wardline['alert'] as JsonObject), ...known } } };
}

function askedOf(document: JsonObject): JsonObject {
  const out: Record<string, JsonValue> = {};
  for (const name of ASKED) {
    const value = at(document, `wardline.alert.${name}`);
    if (value !== undefined) out[name] = value;
  }
  return { ...out, ...carriedOf(document) };
}

const episodeOf = (id: string, document: JsonObject): string =>
  String(at(document, 'wardline.alert.episode') ?? at(document, 'wardline.alert.id') ?? id);
