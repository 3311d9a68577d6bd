import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildReport } from '../report/compliance.ts';
import { REPORT_FORMS, type ReportForm } from '../report/forms.ts';
import { loadControlPack, loadProfile } from '../report/load-pack.ts';
import { type Problem, problemText } from '../rule/problem.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { openStore } from '../store/store.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

export type ReportFlags = {
  readonly store: string;
  readonly pack?: string;
  readonly profile?: string;
  readonly as: string;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly asOf?: string;
};

const DEFAULT_PACK = resolve(import.meta.dirname, '../../rules/controls/nist-800-53-core.yml');

/** `wardline report compliance`: what was seen, evaluated and alerted, judged by one control pack. */
export function reportCompliance(flags: ReportFlags, io: Io): number {
  const forms = flags.as.split(',').map((form) => form.trim());
  for (const form of forms)
    if (!Object.hasOwn(REPORT_FORMS, form))
      throw new WardlineError('usage', `--as takes ${Object.keys(REPORT_FORMS).join(', ')}, not "${form}"`);
  if (forms.length > 1 && flags.out === undefined) throw new WardlineError('usage', 'several forms need --out NAME; each gets its ending');
  const { pack, profile } = packOf(flags);
  const store = openStore(flags.store, { readOnly: true });
  try {
    const report = buildReport(store.ledger.entries(), pack, {
      period: periodOf(flags),
      asOf: flags.asOf === undefined ? undefined : instant(flags.asOf, '--as-of'),
      profile,
    });
    for (const form of forms) {
      const { render, ending } = REPORT_FORMS[form] as ReportForm;
      const text = render(report);
      if (text === undefined) io.err(`${form}: nothing to say for this period, so no document\n`);
      else if (flags.out === undefined) io.out(text.endsWith('\n') ? text : `${text}\n`);
      else {
        const path = flags.out.endsWith(`.${ending}`) ? flags.out : `${flags.out}.${ending}`;
        writeFileSync(path, text);
        io.err(`wrote ${path}\n`);
      }
    }
  } finally {
    store.close();
  }
  return EXIT.ok;
}

/** The control pack and profile that the flags name. */
export function packOf(flags: { readonly pack?: string; readonly profile?: string }) {
  const profile = flags.profile === undefined ? undefined : loaded(flags.profile, (file) => loadProfile(file));
  return { profile, pack: loaded(flags.pack ?? DEFAULT_PACK, (file) => loadControlPack(file, profile)) };
}

function loaded<T>(
  path: string,
  load: (file: { path: string; text: string }) => { readonly value: T | undefined; readonly problems: readonly Problem[] },
): T {
  if (!existsSync(path)) throw new WardlineError('usage', `there is no file ${path}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${messageOf(error)}`);
  }
  const { value, problems } = load({ path, text });
  if (value === undefined) throw new WardlineError('settings', problems.map(problemText).join('\n'));
  return value;
}

export function periodOf({ from, to }: { readonly from?: string; readonly to?: string }): { from: number; to: number } | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined) throw new WardlineError('usage', 'a period needs --from and --to');
  const span = { from: instant(from, '--from'), to: instant(to, '--to') };
  if (span.to <= span.from) throw new WardlineError('usage', '--to must be later than --from');
  return span;
}

function instant(text: string, flag: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new WardlineError('usage', `${flag} takes a time such as 2026-11-01 or 2026-11-01T06:00:00Z, not "${text}"`);
  return ms;
}
