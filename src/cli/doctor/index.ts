import { messageOf } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { printable } from '../../shared/table.ts';
import { configOption, outputOption, type Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { settingsOf } from '../load.ts';
import { adminFindings } from './admin.ts';
import { type Finding, fail, ok } from './finding.ts';
import { fileFindings, longestWindow, processFindings, ruleFindings, storeFindings } from './local.ts';
import { kafkaFindings, sinkFindings } from './remote.ts';

type Flags = { readonly config: string; readonly output: 'table' | 'json' };

/** `wardline doctor`: everything that a run needs, looked at once; what is wrong comes with a hint. */
async function doctor(flags: Flags, io: Io): Promise<number> {
  const findings = [...processFindings(), ...(await configured(flags.config, io))];
  const failed = findings.filter(({ status }) => status === 'fail').length;
  const warned = findings.filter(({ status }) => status === 'warn').length;
  if (flags.output === 'json') io.out(`${JSON.stringify({ version: 1, failed, warned, findings })}\n`);
  else {
    for (const { check, status, detail, hint } of findings)
      io.out(`${status.padEnd(4)}  ${printable(`${check}: ${detail}`)}\n${hint === undefined ? '' : `      -> ${printable(hint)}\n`}`);
    io.out(`${findings.length} checks, ${failed} failed, ${warned} warnings\n`);
  }
  return failed > 0 ? EXIT.findings : EXIT.ok;
}

async function configured(config: string, io: Io): Promise<readonly Finding[]> {
  let loaded: ReturnType<typeof settingsOf>;
  try {
    loaded = settingsOf(config, { ...io, err: () => undefined });
  } catch (error) {
    return [fail('settings', messageOf(error), 'correct them, or write new ones with: wardline init')];
  }
  const { settings, baseDir } = loaded;
  const { findings, ruleset } = ruleFindings(settings, baseDir, config);
  const longest = longestWindow(ruleset);
  const kafka = settings.sources.filter((source) => source.kind === 'kafka');
  const remote = await Promise.all([
    ...kafka.map((source) => kafkaFindings(source, longest, settings.admin?.health.maxLagRecords ?? 100_000, silentLogger)),
    ...settings.sinks.map((sink) => sinkFindings(sink, io.clock.now)),
  ]);
  return [
    ok('settings', config),
    ...findings,
    ...fileFindings(settings, baseDir, io.clock.now()),
    ...storeFindings(settings, baseDir),
    ...(await adminFindings(settings.admin)),
    ...remote.flat(),
  ];
}

export const registerDoctor: Register = (program, { io, done }) => {
  program
    .command('doctor')
    .description('look at everything a run needs: process, settings, rules, files, store, brokers, sinks, clock')
    .addOption(configOption())
    .addOption(outputOption())
    .action(async (flags: Flags) => done(await doctor(flags, io)));
};
