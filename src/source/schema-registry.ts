import { Agent, request } from 'undici';
import { schemaIdOf } from '../decode/registry.ts';
import type { PayloadSchema, RawRecord } from '../event/raw-record.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Secret } from '../shared/secret.ts';

export type SchemaRegistrySettings = {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly ca?: string | undefined;
};

export type SchemaRegistryDeps = { readonly source: string; readonly clock: Clock; readonly logger: Logger };

/** Gives records the schema that their first bytes name. */
export type SchemaRegistry = {
  /** Waits as long as the registry cannot be asked: a fault that passes makes no dead letter. Throws only at the signal. */
  prepare(records: readonly RawRecord[], signal: AbortSignal): Promise<readonly RawRecord[]>;
  close(): Promise<void>;
};

const TIMEOUT_MS = 10_000;
const MAX_SCHEMA_BYTES = 1024 * 1024;
const MAX_REFERENCES = 100;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
/** A number that the registry does not have is asked for again after this: it may have been behind. */
const MISSING_MS = 60_000;
const MAX_MISSING = 10_000;

/** A client of the Confluent Schema Registry API (also Apicurio, Karapace, Redpanda); a schema is asked for once. */
export function createSchemaRegistry(settings: SchemaRegistrySettings, { source, clock, logger }: SchemaRegistryDeps): SchemaRegistry {
  const known = new Map<number, PayloadSchema>();
  const missing = new Map<number, number>();
  const dispatcher = new Agent({
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: settings.ca === undefined ? {} : { ca: settings.ca },
  });
  const base = settings.url.replace(/\/+$/, '');
  const headers: Record<string, string> = { accept: 'application/vnd.schemaregistry.v1+json, application/json' };
  if (settings.username !== undefined)
    headers['authorization'] = `Basic ${Buffer.from(`${settings.username}:${settings.password?.reveal() ?? ''}`).toString('base64')}`;

  /** Undefined: there is none. */
  const ask = async (path: string, signal: AbortSignal): Promise<Answer | undefined> => {
    const { statusCode, body } = await request(`${base}${path}`, { headers, dispatcher, signal });
    const text = await limited(body);
    if (statusCode === 404) return undefined;
    if (statusCode !== 200) throw new WardlineError('source', `the schema registry answered ${statusCode}`, { retryable: true });
    return JSON.parse(text) as Answer;
  };

  const fetchSchema = async (id: number, signal: AbortSignal): Promise<PayloadSchema | undefined> => {
    const answer = await ask(`/schemas/ids/${id}`, signal);
    if (answer === undefined || typeof answer.schema !== 'string') return undefined;
    const references: string[] = [];
    await gather(answer.references, references, new Set(), signal);
    return { id, type: answer.schemaType ?? 'AVRO', text: answer.schema, references };
  };
  /** What a schema builds on, each before its users. */
  const gather = async (list: Answer['references'], out: string[], seen: Set<string>, signal: AbortSignal): Promise<void> => {
    for (const { subject, version } of list ?? []) {
      const name = `${subject}/${version}`;
      if (seen.has(name) || seen.size >= MAX_REFERENCES) continue;
      seen.add(name);
      const answer = await ask(`/subjects/${encodeURIComponent(subject)}/versions/${version}`, signal);
      if (answer === undefined) continue;
      await gather(answer.references, out, seen, signal);
      out.push(answer.schema);
    }
  };

  const schemaOf = async (id: number, signal: AbortSignal): Promise<PayloadSchema | undefined> => {
    const schema = known.get(id);
    if (schema !== undefined) return schema;
    if ((missing.get(id) ?? 0) > clock.now()) return undefined;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      try {
        const found = await fetchSchema(id, signal);
        if (found !== undefined) known.set(id, found);
        else {
          if (missing.size >= MAX_MISSING) missing.clear();
          missing.set(id, clock.now() + MISSING_MS);
        }
        return found;
      } catch (error) {
        if (signal.aborted) throw error;
        logger.warn({ source, schema: id, error: messageOf(error) }, 'the schema registry cannot be asked; the source waits');
        await clock.sleep(pause, signal);
        if (signal.aborted) throw new WardlineError('source', 'stopped while it waited for the schema registry', { cause: error });
      }
    }
  };

  return {
    async prepare(records, signal) {
      const out: RawRecord[] = [];
      for (const record of records) {
        const id = schemaIdOf(record.bytes);
        const schema = id === undefined ? undefined : await schemaOf(id, signal);
        out.push(schema === undefined ? record : { ...record, schema });
      }
      return out;
    },
    close: () => dispatcher.close(),
  };
}

type Answer = {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly { readonly subject: string; readonly version: number }[];
};

async function limited(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_SCHEMA_BYTES) throw new WardlineError('source', `a schema of more than ${MAX_SCHEMA_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
