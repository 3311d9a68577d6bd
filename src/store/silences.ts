import { type Silence, silenceSettings } from '../notify/settings.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { Database } from './sqlite.ts';

/** A silence somebody recorded; times are ms since the epoch. */
export type SilenceRecord = {
  readonly id: string;
  /** As written, for example `severity="high"`. */
  readonly matchers: readonly string[];
  readonly starts: number;
  readonly ends: number;
  readonly owner: string;
  readonly comment: string;
  readonly createdAt: number;
};

/** What somebody did to a silence: for the audit trail. */
export type SilenceChange = {
  readonly seq: number;
  readonly kind: 'add' | 'expire';
  readonly actor: string;
  readonly at: number;
  readonly reason: string;
  readonly before: SilenceRecord | undefined;
  readonly after: SilenceRecord;
};

/** How often a silence kept an alert from a receiver, and when last. */
export type SilenceEffect = { readonly count: number; readonly lastAt: number };

/** Silences beside those of the settings; every method also works from a process beside the engine. */
export type SilenceStore = {
  /** Durable when it returns. */
  add(silence: SilenceRecord, actor: string): void;
  /** Ends it at `at`; one that has not begun will never be in force. Durable when it returns. */
  expire(silence: SilenceRecord, at: number, actor: string, reason: string): void;
  all(): readonly SilenceRecord[];
  /** Silences whose end lies behind `at`. */
  endingAfter(at: number): readonly SilenceRecord[];
  find(idPrefix: string): readonly SilenceRecord[];
  /** Call inside the transaction that stores the decision: the silence kept an alert from a receiver. */
  hid(silence: string, at: number): void;
  /** By id; those of the settings too. */
  effects(): ReadonlyMap<string, SilenceEffect>;
  /** Changes that the audit trail does not have yet. */
  untold(): readonly SilenceChange[];
  /** Call inside the transaction that stores the audit trail. */
  told(seqs: readonly number[]): void;
};

export function createSilenceStore(database: Database): SilenceStore {
  const put = database.prepare(
    'INSERT OR REPLACE INTO silences (id, matchers, starts, ends, owner, comment, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const log = database.prepare('INSERT INTO silence_changes (kind, actor, at, reason, before_text, after_text) VALUES (?, ?, ?, ?, ?, ?)');
  const all = database.prepare('SELECT * FROM silences ORDER BY created_at, id');
  const ending = database.prepare('SELECT * FROM silences WHERE ends > ? ORDER BY created_at, id');
  const find = database.prepare('SELECT * FROM silences WHERE id >= ? AND id < ? ORDER BY id LIMIT 100');
  const hid = database.prepare(
    'INSERT INTO silence_effects VALUES (?, 1, ?) ON CONFLICT (silence) DO UPDATE SET count = count + 1, last_at = excluded.last_at',
  );
  const effects = database.prepare('SELECT silence, count, last_at FROM silence_effects');
  const untold = database.prepare('SELECT * FROM silence_changes WHERE told = 0 ORDER BY seq');
  const tell = database.prepare('UPDATE silence_changes SET told = 1 WHERE seq = ?');

  const change = (
    kind: SilenceChange['kind'],
    actor: string,
    at: number,
    reason: string,
    before: SilenceRecord | undefined,
    after: SilenceRecord,
  ) =>
    database.transaction(() => {
      put.run(after.id, JSON.stringify(after.matchers), after.starts, after.ends, after.owner, after.comment, after.createdAt);
      log.run(kind, actor, at, reason, before === undefined ? null : JSON.stringify(before), JSON.stringify(after));
    });
  return {
    add: (silence, actor) => change('add', actor, silence.createdAt, silence.comment, undefined, silence),
    expire: (silence, at, actor, reason) =>
      change('expire', actor, at, reason, silence, { ...silence, starts: Math.min(silence.starts, at), ends: at }),
    all: () => all.all().map(silenceOf),
    endingAfter: (at) => ending.all(at).map(silenceOf),
    find: (idPrefix) => find.all(idPrefix, `${idPrefix}\u{10FFFF}`).map(silenceOf),
    hid: (silence, at) => void hid.run(silence, at),
    effects: () =>
      new Map(effects.all().map((row) => [String(row['silence']), { count: Number(row['count']), lastAt: Number(row['last_at']) }])),
    untold: () =>
      untold.all().map((row) => ({
        seq: Number(row['seq']),
        kind: String(row['kind']) as SilenceChange['kind'],
        actor: String(row['actor']),
        at: Number(row['at']),
        reason: String(row['reason']),
        before: row['before_text'] === null ? undefined : (JSON.parse(String(row['before_text'])) as SilenceRecord),
        after: JSON.parse(String(row['after_text'])) as SilenceRecord,
      })),
    told(seqs) {
      for (const seq of seqs) tell.run(seq);
    },
  };
}

/** A silence as people and programs see it: times as text. */
export function silenceJson({ id, matchers, starts, ends, owner, comment, createdAt }: SilenceRecord): JsonObject {
  const text = (ms: number): JsonValue => new Date(ms).toISOString();
  return { id, matchers: [...matchers], starts: text(starts), ends: text(ends), owner, comment, created: text(createdAt) };
}

/** Records as silences; one that cannot be read (of another version) hides nothing. */
export function silencesOf(records: readonly SilenceRecord[]): readonly Silence[] {
  return records.flatMap((record) => {
    const { data } = parseSilence(record);
    return data === undefined ? [] : [data];
  });
}

/** A record under the rules that silences of the settings follow. */
export function parseSilence(record: SilenceRecord): ReturnType<typeof silenceSettings.safeParse> {
  const { created: _, ...fields } = silenceJson(record);
  return silenceSettings.safeParse(fields);
}

function silenceOf(row: Record<string, unknown>): SilenceRecord {
  return {
    id: String(row['id']),
    matchers: JSON.parse(String(row['matchers'])) as string[],
    starts: Number(row['starts']),
    ends: Number(row['ends']),
    owner: String(row['owner']),
    comment: String(row['comment']),
    createdAt: Number(row['created_at']),
  };
}
