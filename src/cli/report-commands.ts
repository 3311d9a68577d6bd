import type { StoreFlags } from './alerts.ts';
import { configOption, outputOption, type Register, storeOption } from './command.ts';
import { listPacks } from './control-packs.ts';
import { type ReportFlags, reportCompliance } from './report.ts';
import { reportExceptions } from './report-exceptions.ts';
import { type ReportRunFlags, reportRun } from './report-run.ts';

export const registerReport: Register = (program, { io, done }) => {
  const report = program.command('report').description('reports from the evidence ledger');
  report
    .command('compliance')
    .description('controls of one pack: satisfied, not satisfied, degraded or not assessed, with reasons')
    .addOption(storeOption())
    .option('--pack <file>', 'control pack: a file, or the name of a shipped one (wardline report packs)', 'nist-800-53-core')
    .option('--profile <file>', 'organization, system, source bindings, parameter values')
    .option('--as <forms>', 'html, json, csv, pdf, prometheus, oscal-ap, oscal-ar, oscal-poam; several with commas', 'json')
    .option('--out <name>', 'write to a file instead of standard output')
    .option('--from <time>', 'start of the period (event time)')
    .option('--to <time>', 'end of the period')
    .option('--as-of <time>', 'when evidence must not be expired')
    .option('--fail-on <status>', 'exit 1 if an objective is not-satisfied, not-assessed or degraded, or worse')
    .option('--push <url>', 'send the figures to this Prometheus Pushgateway')
    .action(async (flags: ReportFlags) => done(await reportCompliance(flags, io)));
  report
    .command('run')
    .description('make the reports of the settings whose period has ended; each period once, for use from cron')
    .addOption(configOption())
    .option('--only <name>', 'this report alone')
    .action(async (flags: ReportRunFlags) => done(await reportRun(flags, io)));
  report
    .command('exceptions')
    .description('what each exception hid, lowered or tagged: owner, expiry, matches, the last one, samples')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((flags: StoreFlags) => done(reportExceptions(flags, io)));
  report
    .command('packs')
    .description('the control packs that come with Wardline')
    .addOption(outputOption())
    .action((flags: { output: 'table' | 'json' }) => done(listPacks(flags, io)));
};
