import { buildReport } from '../report/compliance.ts';
import { renderPrometheus } from '../report/prometheus.ts';
import { MS_PER_MINUTE } from '../report/series.ts';
import { WardlineError } from '../shared/errors.ts';
import { preferLittleMemory } from '../shared/memory.ts';
import { openStore } from '../store/store.ts';
import { packOf } from './control-packs.ts';
import { EXIT } from './exit-codes.ts';
import { instantOf } from './flag-values.ts';
import type { Io } from './io.ts';
import { pushMetrics } from './push.ts';
import { failingStatuses, failureOf, formsOf, writeForms } from './report-forms.ts';

export type ReportFlags = {
  readonly store: string;
  readonly pack: string;
  readonly profile?: string;
  readonly as: string;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly asOf?: string;
  readonly failOn?: string;
  readonly push?: string;
};

/** `wardline report compliance`: what was seen, evaluated and alerted, judged by one control pack. */
export async function reportCompliance(flags: ReportFlags, io: Io): Promise<number> {
  const forms = formsOf(flags.as);
  const failing = flags.failOn === undefined ? undefined : failingStatuses(flags.failOn);
  preferLittleMemory();
  const { pack, profile } = packOf(flags, io);
  const store = openStore(flags.store, { readOnly: true });
  try {
    const report = buildReport(store.ledger.entries(), pack, {
      period: periodOf(flags),
      asOf: flags.asOf === undefined ? undefined : instantOf(flags.asOf, '--as-of'),
      profile,
    });
    if (report.ledger.fault !== undefined) io.err(`the ledger is broken at ${report.ledger.fault}; nothing behind it was read\n`);
    for (const path of await writeForms(report, forms, flags.out, io)) io.err(`wrote ${path}\n`);
    if (flags.push !== undefined) await pushMetrics(flags.push, pack.id, renderPrometheus(report));
    const cause = failing === undefined ? undefined : failureOf(report, failing);
    if (cause !== undefined) io.err(`exit 1: ${cause}\n`);
    return report.ledger.fault !== undefined || cause !== undefined ? EXIT.findings : EXIT.ok;
  } finally {
    store.close();
  }
}

export function periodOf({ from, to }: { readonly from?: string; readonly to?: string }): { from: number; to: number } | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined) throw new WardlineError('usage', 'a period needs --from and --to');
  const span = { from: instantOf(from, '--from'), to: instantOf(to, '--to') };
  for (const [flag, ms] of [
    ['--from', span.from],
    ['--to', span.to],
  ] as const)
    if (ms % MS_PER_MINUTE !== 0) throw new WardlineError('usage', `${flag} takes whole minutes: the ledger counts by the minute`);
  if (span.to <= span.from) throw new WardlineError('usage', '--to must be later than --from');
  return span;
}
