import { z } from 'zod';
import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import type { JsonValue } from '../shared/json.ts';

/**
 * What the ledger is made of. Bodies are narrowed JSON: integers up to 2^53-1, offsets as decimal strings, times as
 * UTC text with milliseconds, rows sorted. A minute is a count of whole minutes since the epoch, of event time.
 */
const name = z.string().max(2048);
const count = z.int().min(0);
const minute = z.int();
const offset = z.string().regex(/^(?:0|[1-9]\d{0,38})$/);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const interval = { from: instant, to: instant.nullable() };

export const PROOFS = ['offsets', 'bytes', 'counter', 'none'] as const;
/** How a source shows that nothing is missing: dense offsets, byte ranges, a counter, or not at all. */
export type Proof = (typeof PROOFS)[number];

const rule = z.strictObject({
  id: name,
  digest,
  level: name,
  controls: z.array(name),
  state: z.enum(['active', 'disabled', 'error']),
});

const totals = z.strictObject({
  records: count,
  /** Records by what became of them: at least one event and no dead letter; a dead letter; nothing on purpose; none of these. */
  decoded: count,
  dead: count,
  discarded: count,
  unaccounted: count,
  events: count,
  unparsed: count,
  late: count,
  /** Offsets that were never read. */
  missing: offset,
  deadLetters: z.record(name, count),
});

const bodies = {
  /** Rules of a ruleset, in parts, before the activation that names it. */
  rules: z.strictObject({ ruleset: name, rules: z.array(rule) }),
  /** `start`: the first since the process began, so that what lies between the entry before and this one is downtime. */
  activation: z.strictObject({ ruleset: name, engine: name, config: name, rules: count, rulesDigest: digest, start: z.boolean() }),
  /** Events per minute and type since the last position: [minute, type, events, unparsed, late, first ms, last ms]. */
  population: z.strictObject({
    source: name,
    partition: count,
    ruleset: name,
    rows: z.array(z.tuple([minute, name, count, count, count, count, count])),
  }),
  /** Records that gave no events, by the minute of the event before them (null: any time): [minute, reason, count]. */
  losses: z.strictObject({
    source: name,
    partition: count,
    rows: z.array(z.tuple([minute.nullable(), name, count])),
  }),
  /** Cumulative counters of one source partition as of `next`, the offset read next. */
  position: z.strictObject({
    source: name,
    partition: count,
    proof: z.enum(PROOFS),
    ruleset: name,
    /** null: nothing has been read. */
    next: offset.nullable(),
    /** Minutes of the first and last event since the last position, in offset order; null without events. */
    firstMinute: minute.nullable(),
    lastMinute: minute.nullable(),
    /** Dead letters before the first event of the partition: their minute is known when that event comes. */
    leading: z.record(name, count),
    /** True: the input ended here, nothing follows. */
    ended: z.boolean(),
    totals,
  }),
  /** Matches per rule and minute: [minute, rule, matches]. */
  matches: z.strictObject({ ruleset: name, rows: z.array(z.tuple([minute, name, count])) }),
  gap: z.strictObject({
    source: name,
    partition: count,
    /** Offsets `from` up to, not including, `to`; null when the range is not known. */
    from: offset.nullable(),
    to: offset.nullable(),
    cause: name,
    /** Minutes of the last event before and the first event after the gap; null: none, or not known yet. */
    afterMinute: minute.nullable(),
    beforeMinute: minute.nullable(),
  }),
  silence: z.strictObject({ source: name, since: instant, cause: name }),
  resumed: z.strictObject({ source: name, since: instant, at: instant }),
  'caught-up': z.strictObject({ source: name, partition: count, at: instant }),
  /** Exceptions of the active ruleset, sorted by id; a ruleset without this entry has none. */
  exceptions: z.strictObject({
    ruleset: name,
    exceptions: z.array(
      z.strictObject({
        id: name,
        digest,
        rules: z.array(name),
        owner: name,
        ticket: name.nullable(),
        reason: name,
        starts: instant,
        expires: instant,
        effect: z.enum(['suppress', 'lower', 'tag']),
      }),
    ),
  }),
  /** Matches that exceptions changed: [minute, exception, rule, effect, matches]; the first few by coordinate, the rest counted. */
  excepted: z.strictObject({
    rows: z.array(z.tuple([minute, name, name, name, count])),
    samples: z.array(z.tuple([name, name, count, offset, count])),
  }),
  /** Alert documents: [minute, rule, stage, id, created ms]. */
  alerts: z.strictObject({ rows: z.array(z.tuple([minute, name, name, name, count])) }),
  /** Settled deliveries: [id, outcome, ms]; attempts to be repeated are only counted. */
  delivery: z.strictObject({
    sink: name,
    retries: count,
    rows: z.array(z.tuple([name, z.enum(['stored', 'duplicate', 'rejected']), count])),
  }),
  /** First dead letters by coordinate: [source, partition, offset, reason, SHA-256 of the bytes]; `omitted` more were only counted. */
  'dead-letters': z.strictObject({ rows: z.array(z.tuple([name, count, offset, name, digest])), omitted: count }),
  eviction: z.strictObject({ rule: name, count, ...interval }),
  'rule-fault': z.strictObject({ rule: name, cause: name, ...interval }),
  canary: z.strictObject({ id: name, slot: name, step: z.enum(['injected', 'seen']), at: instant }),
  attestation: z.strictObject({ id: name, by: name, statement: z.enum(['met', 'not-met']), from: instant, until: instant, note: name }),
  audit: z.strictObject({
    actor: name,
    address: name,
    action: name,
    object: name,
    before: digest.nullable(),
    after: digest.nullable(),
    reason: name,
    at: instant,
  }),
  shutdown: z.strictObject({ reason: name }),
} as const;

export type EntryKind = keyof typeof bodies;
export type Body<K extends EntryKind> = z.infer<(typeof bodies)[K]>;
export type Totals = z.infer<typeof totals>;

/** One sealed fact. `hash` covers all else, `prev` is the hash of the entry before: a chain. */
export type LedgerEntry = {
  [K in EntryKind]: {
    readonly seq: number;
    readonly prev: string;
    /** Latest time any observation so far carried. */
    readonly at: string;
    readonly kind: K;
    readonly body: Body<K>;
    readonly hash: string;
  };
}[EntryKind];

export const GENESIS = '0'.repeat(64);
const DOMAIN = 'wardline.ledger.v1\n';

const frame = { seq: count, prev: digest, at: instant, hash: digest };
const kinds = Object.keys(bodies) as EntryKind[];
const schemas = new Map(kinds.map((kind) => [kind as string, z.strictObject({ ...frame, kind: z.literal(kind), body: bodies[kind] })]));

/** Hash of an entry: SHA-256 over a domain line and the canonical JSON of everything but the hash. */
export function entryHash(entry: Pick<LedgerEntry, 'seq' | 'prev' | 'at' | 'kind' | 'body'>): string {
  const { seq, prev, at, kind, body } = entry;
  return sha256Hex(DOMAIN + canonicalJson({ seq, prev, at, kind, body } as unknown as JsonValue));
}

/** The bytes of an entry as they stand in bundles and in the Merkle log: canonical JSON, no newline. */
export function entryText(entry: LedgerEntry): string {
  return canonicalJson(entry as unknown as JsonValue);
}

/** A value as an entry of known kind with exactly its keys, or what is wrong with it. Does not check hashes. */
export function parseEntry(value: unknown): LedgerEntry | { readonly fault: string } {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const schema = typeof kind === 'string' ? schemas.get(kind) : undefined;
  if (schema === undefined) return { fault: `unknown kind of entry ${JSON.stringify(kind)}` };
  const result = schema.safeParse(value);
  if (result.success) return value as LedgerEntry;
  const issue = result.error.issues[0];
  return { fault: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not an entry'}` };
}
