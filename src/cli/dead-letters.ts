import { table } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import type { StoreFlags } from './alerts.ts';
import { outputOption, type Register, storeOption } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

/** `wardline dead-letters`: records that could not be read, with reason and place. */
function listDeadLetters(flags: StoreFlags, io: Io): number {
  const store = openStore(flags.store, { readOnly: true });
  const letters = store.deadLetters.all();
  store.close();
  if (flags.output === 'json') {
    for (const { record, reason, detail, at, length, sha256 } of letters) {
      const { source, partition, offset, appendedAt, headers, bytes } = record;
      const place = { source, partition, offset: String(offset) };
      const what = { reason, detail, at, length, sha256, appendedAt, headers: Object.fromEntries(headers) };
      io.out(`${JSON.stringify({ ...place, ...what, bytes: Buffer.from(bytes ?? []).toString('base64') })}\n`);
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
  const titles = ['source', 'partition', 'offset', 'reason', 'at byte', 'bytes', 'detail'].map((title) => ({ title }));
  io.out(`${table(titles, rows)}\n${letters.length} dead letters\n`);
  return EXIT.ok;
}

type ReplayFlags = StoreFlags & { readonly source?: string; readonly reason?: string };

/** `wardline dead-letters replay`: leaves a request that the engine takes up, now if it runs, else when it starts. */
function replayDeadLetters({ store: path, source, reason, output }: ReplayFlags, io: Io): number {
  const store = openStore(path, { beside: true });
  const { requested, partial } = store.deadLetters.request({ source, reason });
  store.close();
  if (output === 'json') io.out(`${JSON.stringify({ requested, partial })}\n`);
  else {
    io.out(`${requested} ${requested === 1 ? 'record is' : 'records are'} read again by the engine that runs, or when it starts\n`);
    if (partial > 0) io.out(`${partial} cannot be: larger than what is kept (64 KiB), or read in part already\n`);
  }
  return EXIT.ok;
}

export const registerDeadLetters: Register = (program, { io, done }) => {
  const letters = program.command('dead-letters').description('records that could not be read');
  letters
    .command('list', { isDefault: true })
    .description('every one, with reason and place; as JSON with its bytes')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((flags: StoreFlags) => done(listDeadLetters(flags, io)));
  letters
    .command('replay')
    .description('read them again, after settings, a schema or Wardline itself changed')
    .option('--source <name>', 'only those of this source')
    .option('--reason <reason>', 'only those with this reason')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((flags: ReplayFlags) => done(replayDeadLetters(flags, io)));
};
