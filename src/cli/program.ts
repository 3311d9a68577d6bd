import { Command } from 'commander';
import type { RunEngine } from '../pipeline/run-options.ts';
import { printableLines } from '../shared/table.ts';
import { VERSION } from '../shared/version.ts';
import { registerAlerts } from './alert-commands.ts';
import { registerAnomaly } from './anomaly/index.ts';
import { registerCheck } from './check.ts';
import { type Register, takeStoreOfSettings } from './command.ts';
import { registerCompletion } from './completion.ts';
import { registerConfig } from './config.ts';
import { registerCoverage } from './coverage.ts';
import { registerDeadLetters } from './dead-letters.ts';
import { registerDeliver } from './deliver.ts';
import { registerDemo } from './demo.ts';
import { registerDoctor } from './doctor/index.ts';
import { registerEvidence } from './evidence.ts';
import { showExamples } from './examples.ts';
import { registerExplain } from './explain/index.ts';
import { registerFmt } from './fmt.ts';
import { explainGreedyOptions } from './greedy-options.ts';
import { registerInit } from './init/index.ts';
import type { Io } from './io.ts';
import { registerNew } from './new/index.ts';
import { registerNotify } from './notify-commands.ts';
import { registerPack } from './pack/index.ts';
import { registerParse } from './parse.ts';
import { registerPolicy } from './policy/index.ts';
import { registerReceive } from './receive.ts';
import { registerReplay } from './replay/index.ts';
import { registerReport } from './report-commands.ts';
import { registerRisk } from './risk.ts';
import { registerRules } from './rules/index.ts';
import { registerRun } from './run.ts';
import { registerSchema } from './schema.ts';
import { registerSilence } from './silences.ts';
import { registerSource } from './source.ts';
import { registerTest } from './test/index.ts';
import { registerToken } from './token.ts';

/** Every command, in the order of the help. */
const COMMANDS: readonly Register[] = [
  registerRun,
  registerDemo,
  registerInit,
  registerNew,
  registerCheck,
  registerFmt,
  registerTest,
  registerExplain,
  registerReplay,
  registerCoverage,
  registerRules,
  registerPack,
  registerParse,
  registerAlerts,
  registerDeadLetters,
  registerSource,
  registerDeliver,
  registerNotify,
  registerSilence,
  registerRisk,
  registerPolicy,
  registerAnomaly,
  registerReport,
  registerEvidence,
  registerReceive,
  registerToken,
  registerSchema,
  registerConfig,
  registerDoctor,
  registerCompletion,
];

/** The program with every command. `done` gets the exit code. */
export function createProgram(io: Io, runEngine: RunEngine, done: (code: number) => void): Command {
  const program = new Command('wardline')
    .description('Reads security logs and traces, decides by rules, alerts, and keeps evidence of what it saw.')
    .version(VERSION)
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: (text, write) => write(printableLines(text)) })
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)');
  for (const register of COMMANDS) register(program, { io, runEngine, done });
  program.hook('preAction', (_program, command) => takeStoreOfSettings(command, io));
  showExamples(program);
  explainGreedyOptions(program);
  return program;
}
