import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import type { Event } from '../../src/event/event.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { createNormalizer, type NormalizerSettings } from '../../src/normalize/normalizer.ts';
import type { RouteTable } from '../../src/normalize/routes.ts';

/** A fixed moment for tests: 2026-11-20T08:00:00Z. */
export const NOON_MS = Date.UTC(2026, 10, 20, 8, 0, 0);

/** A record of the source `test`, partition 0. */
export function aRecord(text: string | Uint8Array, offset = 0n, appendedAt = NOON_MS): RawRecord {
  return {
    source: 'test',
    partition: 0,
    offset,
    appendedAt,
    bytes: typeof text === 'string' ? Buffer.from(text) : text,
    headers: new Map(),
  };
}

/** The events of a line, through the product's own decoder and normalizer. */
export function eventsOf(text: string, settings: NormalizerSettings = {}, routes?: RouteTable): readonly Event[] {
  const record = aRecord(text);
  const normalizer = createNormalizer(settings, routes);
  return decode(record, DEFAULT_LIMITS).documents.map((decoded) => normalizer.normalize(record, decoded));
}

/** One event out of a document; throws if the document makes none or several. */
export function anEvent(document: object, settings: NormalizerSettings = {}, routes?: RouteTable): Event {
  const [event, ...more] = eventsOf(JSON.stringify(document), settings, routes);
  if (event === undefined || more.length > 0) throw new Error(`not one event: ${JSON.stringify(document)}`);
  return event;
}
