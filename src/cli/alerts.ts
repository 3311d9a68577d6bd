import { WardlineError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { printable, table } from '../shared/table.ts';
import { alertTable, at } from '../sink/alert-row.ts';
import { openStore } from '../store/store.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

export type StoreFlags = { readonly store: string; readonly output: 'table' | 'json' };

/** `wardline alerts`: the newest alerts of the store. */
export function listAlerts(flags: StoreFlags & { readonly limit: string }, io: Io): number {
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new WardlineError('usage', `--limit takes a whole number from 1, not ${flags.limit}`);
  const store = openStore(flags.store, { readOnly: true });
  // Every step of an alert's life is a document of its own; a person wants each alert once, as it stands.
  const newest = new Map<string, JsonObject>();
  for (const { document } of store.alerts.newest(Number.MAX_SAFE_INTEGER)) {
    const alert = String(at(document, 'wardline.alert.id'));
    if (!newest.has(alert)) newest.set(alert, document);
    if (newest.size > limit) break;
  }
  store.close();
  const alerts = [...newest.values()].slice(0, limit).reverse();
  if (flags.output === 'json') for (const document of alerts) io.out(`${JSON.stringify(document)}\n`);
  else io.out(`${alertTable(alerts)}\n${alerts.length} alerts${newest.size > limit ? ', older ones are left out (--limit)' : ''}\n`);
  return EXIT.ok;
}

/** `wardline alerts show ID`: every transition of one alert, or one document, by the start of its id. */
export function showAlert(id: string, flags: StoreFlags, io: Io): number {
  const store = openStore(flags.store, { readOnly: true });
  const found = store.alerts.find(id);
  store.close();
  if (found.length === 0) throw new WardlineError('usage', `no alert begins with "${printable(id)}"`);
  for (const { document } of found) io.out(`${JSON.stringify(document, null, flags.output === 'json' ? 0 : 2)}\n`);
  return EXIT.ok;
}

/** `wardline dead-letters`: records that could not be read, with reason and place. */
export function listDeadLetters(flags: StoreFlags, io: Io): number {
  const store = openStore(flags.store, { readOnly: true });
  const letters = store.deadLetters.all();
  store.close();
  if (flags.output === 'json') {
    for (const { record, reason, detail, at, length, sha256 } of letters) {
      const { source, partition, offset, appendedAt, bytes } = record;
      io.out(
        `${JSON.stringify({ source, partition, offset: String(offset), reason, detail, at, length, sha256, appendedAt, bytes: Buffer.from(bytes ?? []).toString('base64') })}\n`,
      );
    }
    return EXIT.ok;
  }
  const rows = letters.map(({ record, reason, detail, at, length }) => [
    record.source,
    String(record.partition),
    String(record.offset),
    reason,
    at === undefined ? '' : String(at),
    String(length),
    detail,
  ]);
  io.out(
    `${table([{ title: 'source' }, { title: 'partition' }, { title: 'offset' }, { title: 'reason' }, { title: 'at byte' }, { title: 'bytes' }, { title: 'detail' }], rows)}\n${letters.length} dead letters\n`,
  );
  return EXIT.ok;
}
