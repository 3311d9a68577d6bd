import { table } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import type { StoreFlags } from './alerts.ts';
import { outputOption, type Register, storeOption } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

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

export const registerDeadLetters: Register = (program, { io, done }) => {
  program
    .command('dead-letters')
    .description('records that could not be read, with reason and place')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((flags: StoreFlags) => done(listDeadLetters(flags, io)));
};
