import type { Nanos } from '../event/time.ts';
import type { LedgerObservation } from './observation.ts';
import type { Drafts } from './rows.ts';

// Later dates cannot be written with four digits of year; a forged time must not stop the ledger.
const MAX_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const NANOS_PER_MINUTE = 60_000_000_000n;

/** Milliseconds since the epoch as UTC text, clamped to 1970 - 9999. */
export function isoMs(ms: number): string {
  return new Date(Math.min(Math.max(Math.trunc(ms), 0), MAX_MS)).toISOString();
}

/** Whole minutes since the epoch, rounded down. */
export function minuteOf(time: Nanos): number {
  const whole = time / NANOS_PER_MINUTE;
  return Number(time < 0n && whole * NANOS_PER_MINUTE !== time ? whole - 1n : whole);
}

/** Text as the ledger takes it: well-formed and bounded. */
export function ledgerText(text: string): string {
  return text.slice(0, 2048).toWellFormed();
}

type Simple = Exclude<
  LedgerObservation,
  { kind: 'activation' | 'batch' | 'gap' | 'alerts' | 'delivery' | 'dead-letter' | 'exceptions' | 'excepted' }
>;

/** Observations that become one entry each, as they are. */
export function addSimple(observation: Simple, drafts: Drafts): void {
  const instant = 'at' in observation ? isoMs(observation.at) : isoMs(0);
  switch (observation.kind) {
    case 'silence':
      drafts.add('silence', {
        source: ledgerText(observation.source),
        since: isoMs(observation.since),
        cause: ledgerText(observation.cause),
      });
      break;
    case 'resumed':
      drafts.add('resumed', { source: ledgerText(observation.source), since: isoMs(observation.since), at: instant });
      break;
    case 'caught-up':
      drafts.add('caught-up', { source: ledgerText(observation.source), partition: observation.partition, at: instant });
      break;
    case 'eviction':
      drafts.add('eviction', { rule: ledgerText(observation.rule), count: observation.count, ...intervalOf(observation) });
      break;
    case 'rule-fault':
      drafts.add('rule-fault', { rule: ledgerText(observation.rule), cause: ledgerText(observation.cause), ...intervalOf(observation) });
      break;
    case 'canary':
      drafts.add('canary', {
        id: ledgerText(observation.id),
        slot: ledgerText(observation.slot),
        step: observation.step,
        at: instant,
      });
      break;
    case 'attestation':
      drafts.add('attestation', {
        id: ledgerText(observation.id),
        by: ledgerText(observation.by),
        statement: observation.statement,
        from: isoMs(observation.from),
        until: isoMs(observation.until),
        note: ledgerText(observation.note),
      });
      break;
    case 'audit':
      drafts.add('audit', {
        actor: ledgerText(observation.actor),
        address: ledgerText(observation.address),
        action: ledgerText(observation.action),
        object: ledgerText(observation.object),
        before: observation.before ?? null,
        after: observation.after ?? null,
        reason: ledgerText(observation.reason),
        at: instant,
      });
      break;
    case 'shutdown':
      drafts.add('shutdown', { reason: ledgerText(observation.reason) });
      break;
  }
}

function intervalOf({ from, to }: { readonly from: number; readonly to: number | undefined }): { from: string; to: string | null } {
  return { from: isoMs(from), to: to === undefined ? null : isoMs(to) };
}
