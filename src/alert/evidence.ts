import { EVIDENCE } from '../correlate/episodes.ts';
import type { Hit } from '../correlate/firing.ts';
import { isoTime } from '../event/time.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';

const MAX_LIST = 100;
const MAX_SUMMARY = 300;
/** What tells one event of an alert from another, in the order in which a person asks. */
const TELLING = [
  'event.outcome',
  'user.name',
  'source.ip',
  'destination.ip',
  'host.name',
  'process.name',
  'process.executable',
  'file.path',
  'registry.path',
  'url.full',
  'service.name',
  'trace.id',
] as const;

/** References to the first and last ten hits by coordinate, each with a few values that tell it from the others. */
export function evidenceOf(hits: readonly Hit[]): readonly JsonObject[] {
  const kept = hits.length <= 2 * EVIDENCE ? hits : [...hits.slice(0, EVIDENCE), ...hits.slice(-EVIDENCE)];
  return kept.map((hit) => {
    const { origin, time, rule } = hit;
    const summary = summaryOf(hit);
    return {
      source: origin.source,
      partition: origin.partition,
      offset: String(origin.offset),
      index: origin.index,
      time: isoTime(time),
      rule,
      ...(summary === '' ? {} : { summary }),
    };
  });
}

function summaryOf({ entities, values }: Hit): string {
  const told = new Map<string, JsonValue>();
  for (const name of TELLING) if (Object.hasOwn(entities, name)) told.set(name, entities[name] as JsonValue);
  for (const [name, value] of Object.entries(values)) if (!told.has(name)) told.set(name, value);
  const text = [...told].map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ');
  return (text.length > MAX_SUMMARY ? `${text.slice(0, MAX_SUMMARY)}…` : text).toWellFormed();
}

/** A list field of the events (`event.category`): every value of every hit, sorted, under `name`; nothing if there is none. */
export function union(hits: readonly Hit[], field: string, name: string): JsonObject {
  const values = new Set(hits.flatMap(({ entities }) => listOf(entities[field])));
  return values.size === 0 ? {} : { [name]: [...values].sort().slice(0, MAX_LIST) };
}

/** `related.*` of all hits, sorted, each at most 100 values. */
export function relatedOf(hits: readonly Hit[]): JsonObject {
  const related = Object.assign({}, ...['ip', 'user', 'hosts', 'hash'].map((kind) => union(hits, `related.${kind}`, kind))) as JsonObject;
  return Object.keys(related).length === 0 ? {} : { related };
}

const listOf = (value: JsonValue | undefined): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : []);
