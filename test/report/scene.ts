import type { LedgerEntry } from '../../src/evidence/entry.ts';
import { createLedger } from '../../src/evidence/ledger.ts';
import { ledgerStateOf } from '../../src/evidence/ledger-state.ts';
import { aQuietLog, aRule, HOUR, MINUTE, T0, walk } from './world.ts';

/** A ledger in which something of everything happened; names are as hostile as a settings file allows. */
export const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e=cmd|x';

export function aBusyLedger(): LedgerEntry[] {
  const logs = [
    aQuietLog('okta', 30, (record, i) => {
      if (i === 100) return { ...record, becomes: 'dead' };
      if (i === 300) return { ...record, removed: true };
      if (i % 400 === 7) return { ...record, matches: ['r1'], alert: { rule: 'r1', takenAfter: i < 1000 ? 800 : undefined } };
      return record;
    }),
    aQuietLog(HOSTILE, 30, (record, i) => ({
      ...record,
      ms: record.ms + (i > 900 ? 2 * HOUR : 0),
      becomes: i % 90 === 3 ? 'unparsed' : 'event',
    })),
  ];
  const entries = walk({ logs, rules: [aRule('r1'), aRule(HOSTILE, { level: 'low', state: 'disabled' })] }, [
    { log: 0, take: 700, seal: true, restart: false },
    { log: 1, take: 900, seal: true, restart: true },
  ]);
  const ledger = createLedger(ledgerStateOf(entries));
  const at = T0 + 20 * HOUR;
  ledger.observe({ kind: 'silence', at, source: HOSTILE, since: at - 30 * MINUTE, cause: 'heartbeat' });
  ledger.observe({ kind: 'resumed', at, source: HOSTILE, since: at - 30 * MINUTE });
  ledger.observe({ kind: 'eviction', at, rule: 'r1', count: 4, from: at - HOUR, to: at });
  ledger.observe({
    kind: 'audit',
    at,
    actor: HOSTILE,
    address: '192.0.2.7',
    action: 'silence-created',
    object: 'okta',
    before: undefined,
    after: 'ab'.repeat(32),
    reason: '@SUM(A1)',
  });
  return [...entries, ...ledger.seal()];
}
