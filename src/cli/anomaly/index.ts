import type { Correlation } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import { WardlineError } from '../../shared/errors.ts';
import { printable } from '../../shared/table.ts';
import { chosenRules, namedSettings, type RuleFlags, ruleSettingsOption, rulesOption } from '../chosen-rules.ts';
import type { Register } from '../command.ts';
import { type EventFlags, eventsOfFiles } from '../events.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Io } from '../io.ts';
import { svgChart, textChart } from './chart.ts';
import { collectPoints, type Drawn, isDrawn } from './points.ts';

type Flags = EventFlags &
  RuleFlags & {
    readonly groups: string;
    readonly panes: string;
    readonly as: 'text' | 'svg';
  };

/** `wardline anomaly explain RULE FILE...`: what a rule expected, saw and said, as a chart per group. */
async function explain(id: string, files: readonly string[], flags: Flags, io: Io): Promise<number> {
  const { ruleset } = chosenRules(flags.rules, namedSettings(flags, io));
  const points = collectPoints(ruleset, drawnRule(ruleset, id));
  const counts = { records: 0, unread: 0 };
  for await (const event of eventsOfFiles(files, flags, io, counts)) points.take(event);
  const groups = points.end();
  const shown = groups.slice(0, flags.as === 'svg' ? 1 : wholeNumber(flags.groups, '--groups'));
  let fired = 0;
  for (const { group, matches, points: all } of shown) {
    const name =
      Object.entries(group)
        .map(([field, value]) => `${field}=${printable(String(value))}`)
        .join(' ') || 'all events';
    const told = all.filter(({ judged }) => judged.known && judged.fired).length;
    fired += told;
    const last = all.slice(-wholeNumber(flags.panes, '--panes'));
    if (flags.as === 'svg') io.out(svgChart(last, `${id}: ${name}`));
    else io.out(`${name}: ${matches} matches, ${all.length} points, fired in ${told}\n${textChart(last)}\n`);
  }
  if (flags.as === 'text')
    io.out(`${counts.records} records, ${groups.length} groups${groups.length > shown.length ? `, ${shown.length} shown` : ''}\n`);
  return fired > 0 ? EXIT.findings : EXIT.ok;
}

function drawnRule(ruleset: Ruleset, id: string): Correlation & { readonly condition: Drawn } {
  const rule = ruleset.correlations.find((one) => one.id === id || one.meta.name === id);
  if (rule === undefined) throw new WardlineError('usage', `there is no anomaly rule "${id}"`);
  const { condition } = rule;
  if (!isDrawn(condition))
    throw new WardlineError('usage', `"${id}" has no band of expected numbers; its alerts say what was expected (wardline alerts show)`);
  return { ...rule, condition };
}

export const registerAnomaly: Register = (program, { io, done }) => {
  program
    .command('anomaly')
    .description('anomaly rules over recorded events')
    .command('explain')
    .argument('<rule>', 'id or name of an anomaly rule of any type but absence')
    .argument('<file...>', 'recorded events')
    .description('a chart per group: expected band, observed, where it fired')
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .option('--groups <n>', 'how many groups, those with most matches', '3')
    .option('--panes <n>', 'how many panes, the last', '48')
    .option('--as <form>', 'text, or svg for the first group', 'text')
    .option('--format <name>', 'log format (default: recognised)')
    .option('--timezone <zone>', 'zone of local times')
    .action(async (rule: string, files: string[], flags: Flags) => {
      if (flags.as !== 'text' && flags.as !== 'svg') throw new WardlineError('usage', `--as takes text or svg, not ${String(flags.as)}`);
      done(await explain(rule, files, flags, io));
    });
};
