import type { Command } from 'commander';
import { ruleSettingsOption, rulesOption } from '../chosen-rules.ts';
import { outputOption, type Register } from '../command.ts';
import { type ExplainFlags, policyExplain } from './explain.ts';
import { type LearnFlags, policyLearn } from './learn.ts';
import { policyReplay, type ReplayFlags } from './replay.ts';

export const registerPolicy: Register = (program, { io, done }) => {
  const policy = program.command('policy').description('zero-trust policies over recorded accesses');
  const read = (command: Command): Command =>
    command.option('--format <name>', 'log format (default: recognised)').option('--timezone <zone>', 'zone of local times');
  read(
    policy
      .command('explain')
      .argument('<file>', 'recorded accesses')
      .description('which rule decided an access, and what would have changed it'),
  )
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .option('--at <n>', 'the nth event alone')
    .option('--limit <n>', 'how many accesses', '20')
    .addOption(outputOption())
    .action(async (file: string, flags: ExplainFlags) => done(await policyExplain(file, flags, io)));
  read(
    policy
      .command('replay')
      .argument('<file...>', 'recorded accesses')
      .description('what the policies say of recorded accesses, counted by policy'),
  )
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .option('--compare <path...>', 'another version of the policies: what it would change')
    .addOption(outputOption())
    .action(async (files: string[], flags: ReplayFlags) => done(await policyReplay(files, flags, io)));
  read(
    policy
      .command('learn')
      .argument('<file...>', 'recorded accesses')
      .description('propose policies from observed accesses, as a file to review'),
  )
    .addOption(ruleSettingsOption('their context stores, to generalise by'))
    .option('-r, --rules <path...>', 'context stores (identities, zones, devices) to generalise by')
    .option('--service <name...>', 'these services alone')
    .option('--min-days <n>', 'leave out what was seen on fewer days', '3')
    .option('--min-accesses <n>', 'leave out what was seen less often', '3')
    .option('--exclude <file>', 'subjects not to learn from, one a line')
    .option('--store <file>', 'the store of a run: subjects of its open alerts are not learned from')
    .option('--out <file>', 'write to a file instead of standard output')
    .action(async (files: string[], flags: LearnFlags) => done(await policyLearn(files, flags, io)));
};
