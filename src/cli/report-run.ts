import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { buildReport } from '../report/compliance.ts';
import { renderPrometheus } from '../report/prometheus.ts';
import { finishedPeriods } from '../report/schedule.ts';
import type { Interval } from '../report/series.ts';
import type { ReportSettings } from '../report/settings.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { makeFolder } from '../shared/folder.ts';
import { preferLittleMemory } from '../shared/memory.ts';
import { openStore } from '../store/store.ts';
import { requireChromium } from './chromium.ts';
import { packOf } from './control-packs.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { settingsOf } from './load.ts';
import { pushMetrics } from './push.ts';
import { failingStatuses, failureOf, writeForms } from './report-forms.ts';

export type ReportRunFlags = { readonly config: string; readonly only?: string };

/**
 * `wardline report run`: every report of the settings whose period has ended and whose files are not there yet. Run it
 * as often as you like: a period is made once. Exit code 1 when a report that was made now has a status that fails.
 */
export async function reportRun(flags: ReportRunFlags, io: Io): Promise<number> {
  const { settings, baseDir } = settingsOf(flags.config, io);
  const wanted = settings.reports.filter(({ name }) => flags.only === undefined || name === flags.only);
  if (flags.only !== undefined && wanted.length === 0)
    throw new WardlineError(
      'usage',
      `the settings have no report "${flags.only}"; there are: ${settings.reports.map(({ name }) => name).join(', ') || 'none'}`,
    );
  const ready = requireReports({ ...settings, reports: wanted }, baseDir, io);
  preferLittleMemory();
  let [made, failed] = [0, false];
  for (const report of ready) {
    for (const period of missing(report.settings, baseDir, io.clock.now())) {
      failed = (await make(report, period, resolve(baseDir, settings.state.path), baseDir, io)) || failed;
      made++;
    }
  }
  io.out(made === 0 ? 'every report is up to date\n' : `${made} ${made === 1 ? 'report' : 'reports'} made\n`);
  return failed ? EXIT.findings : EXIT.ok;
}

const nameOf = ({ name }: ReportSettings, { from, to }: Interval): string => `${name}_${stamp(from)}_${stamp(to)}`;
const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');

/** Finished periods without files, oldest first. The first run makes the newest period alone: nobody asked for those before. */
function missing(report: ReportSettings, baseDir: string, now: number): Interval[] {
  const folder = resolve(baseDir, report.folder);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const have = (period: Interval): boolean => files.some((file) => file.startsWith(`${nameOf(report, period)}.`));
  const schedule = { cron: report.schedule, timezone: report.timezone };
  const periods = finishedPeriods(schedule, now, 0, report.catchUp);
  const first = periods.findIndex(have);
  return first < 0 ? periods.slice(-1) : periods.slice(first).filter((period) => !have(period));
}

type ReadyReport = { readonly settings: ReportSettings } & ReturnType<typeof packFor>;

/** The reports with their packs; throws `settings` when one could not be made when its time comes: pack, profile, folder or browser. */
export function requireReports({ reports }: Settings, baseDir: string, io: Io): readonly ReadyReport[] {
  return reports.map((report) => {
    try {
      const pack = packFor(report, baseDir, io);
      makeFolder(resolve(baseDir, report.folder));
      accessSync(resolve(baseDir, report.folder), constants.W_OK);
      if (report.as.includes('pdf')) requireChromium(io.environment);
      return { settings: report, ...pack };
    } catch (error) {
      throw new WardlineError('settings', `report "${report.name}": ${messageOf(error)}`);
    }
  });
}

function packFor({ pack, profile }: ReportSettings, baseDir: string, io: Io) {
  return packOf({ pack: inFolder(pack, baseDir), profile: profile === undefined ? undefined : resolve(baseDir, profile) }, io);
}

async function make(
  { settings, pack, profile }: ReadyReport,
  period: Interval,
  storePath: string,
  baseDir: string,
  io: Io,
): Promise<boolean> {
  const store = openStore(storePath, { readOnly: true });
  try {
    const report = buildReport(store.ledger.entries(), pack, { period, profile });
    const out = join(resolve(baseDir, settings.folder), nameOf(settings, period));
    for (const path of await writeForms(report, settings.as, out, io)) io.out(`${path}\n`);
    if (settings.push !== undefined) await pushMetrics(settings.push, pack.id, renderPrometheus(report));
    const cause = settings.failOn === undefined ? undefined : failureOf(report, failingStatuses(settings.failOn));
    if (cause !== undefined) io.err(`${settings.name}: ${cause}\n`);
    return cause !== undefined;
  } finally {
    store.close();
  }
}

/** A pack file counts from the folder of the settings; a bare name stays one. */
const inFolder = (pack: string, baseDir: string): string => (existsSync(resolve(baseDir, pack)) ? resolve(baseDir, pack) : pack);
