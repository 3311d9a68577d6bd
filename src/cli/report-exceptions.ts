import type { LedgerEntry } from '../evidence/entry.ts';
import { exceptionReport } from '../report/exceptions.ts';
import { type Column, table } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import type { StoreFlags } from './alerts.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

const COLUMNS: readonly Column[] = [
  { title: 'exception', max: 40 },
  { title: 'state' },
  { title: 'effect' },
  { title: 'matches' },
  { title: 'last' },
  { title: 'rules', max: 50 },
  { title: 'owner', max: 30 },
  { title: 'ticket', max: 20 },
  { title: 'expires' },
];

/** `wardline report exceptions`: what each exception hid, lowered or tagged, from the evidence ledger. */
export function reportExceptions(flags: StoreFlags, io: Io): number {
  const store = openStore(flags.store, { readOnly: true });
  const report = exceptionReport(store.ledger.entries() as unknown as Iterable<LedgerEntry>, io.clock.now());
  store.close();
  if (flags.output === 'json') {
    for (const one of report) io.out(`${JSON.stringify(one)}\n`);
    return EXIT.ok;
  }
  const rows = report.map(({ id, state, definition, matches, total, last }) => [
    id,
    state,
    definition?.effect ?? [...new Set(matches.map(({ effect }) => effect))].join(', '),
    String(total),
    last ?? 'never',
    (definition?.rules ?? matches.map(({ rule }) => rule)).join(' '),
    definition?.owner ?? '',
    definition?.ticket ?? '',
    definition?.expires.slice(0, 10) ?? '',
  ]);
  const unused = report.filter(({ state, total }) => state === 'in force' && total === 0).length;
  io.out(`${table(COLUMNS, rows)}\n${report.length} exceptions${unused === 0 ? '' : `, ${unused} in force and without effect so far`}\n`);
  return EXIT.ok;
}
