import type { Correlation } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import { WardlineError } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';
import { printable } from '../../shared/table.ts';
import { chosenRules, namedSettings, type RuleFlags, ruleSettingsOption, rulesOption } from '../chosen-rules.ts';
import type { Register } from '../command.ts';
import { type EventFlags, eventsOfFiles } from '../events.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Io } from '../io.ts';
import { svgChart, textChart } from './chart.ts';
import { collectPoints, type Drawn, isDrawn, type Tally } from './points.ts';

type Flags = EventFlags &
  RuleFlags & {
    readonly groups: string;
    readonly panes: string;
    readonly as: 'text' | 'svg';
  };

/** `wardline anomaly explain RULE FILE...`: what a rule expected, saw and said, as a chart per group. */
async function explain(id: string, files: readonly string[], flags: Flags, io: Io): Promise<number> {
  const loaded = namedSettings(flags, io);
  const { ruleset } = chosenRules(flags.rules, loaded);
  const points = collectPoints(ruleset, drawnRule(ruleset, id));
  const counts = { records: 0, unread: 0 };
  for await (const event of eventsOfFiles(files, { ...flags, loaded }, io, counts)) points.take(event);
  const groups = points.end();
  const shown = groups.slice(0, flags.as === 'svg' ? 1 : wholeNumber(flags.groups, '--groups'));
  for (const { group, matches, points: all, fired } of shown) {
    const name =
      Object.entries(group)
        .map(([field, value]) => `${field}=${printable(String(value))}`)
        .join(' ') || 'all events';
    const last = all.slice(-wholeNumber(flags.panes, '--panes'));
    if (flags.as === 'svg') io.out(svgChart(last, `${id}: ${name}`));
    else io.out(`${name}: ${matches} matches, ${all.length} points, fired in ${fired}\n${textChart(last)}\n`);
  }
  const fired = groups.reduce((sum, group) => sum + group.fired, 0);
  const tell = flags.as === 'text' ? io.out : io.err;
  for (const line of missing(points.tally(), counts.unread)) tell(`${line}\n`);
  const rest = groups.length > shown.length ? `, ${shown.length} shown` : '';
  if (flags.as === 'text')
    io.out(`${counts.records} records, ${points.tally().matches} matches, ${groups.length} groups${rest}; fired in ${fired} points\n`);
  return fired > 0 ? EXIT.findings : EXIT.ok;
}

/** Why there may be less to see than the user thinks. */
function missing({ matches, ungrouped, lacking }: Tally, unread: number): readonly string[] {
  return [
    ...(unread > 0 ? [`${unread} documents could not be read`] : []),
    ...(matches === 0 ? ['no event matched a rule that this one is made of'] : []),
    ...(ungrouped > 0 ? [`${ungrouped} of ${matches} matches lack a field of group-by and were left out`] : []),
    ...[...lacking].map(([field, count]) => `${count} of ${matches} matches have no ${field}, which the rule compares`),
  ];
}

function drawnRule(ruleset: Ruleset, id: string): Correlation & { readonly condition: Drawn } {
  const rule = ruleset.correlations.find((one) => one.id === id || one.meta.name === id);
  if (rule === undefined) throw new WardlineError('usage', unknownRule(ruleset, id));
  const { condition } = rule;
  if (!isDrawn(condition))
    throw new WardlineError('usage', `"${id}" is no anomaly rule, which compare with a baseline; see wardline explain`);
  return { ...rule, condition };
}

function unknownRule({ correlations, byId }: Ruleset, id: string): string {
  if (byId.has(id)) return `"${id}" is no anomaly rule, which compare with a baseline; see wardline explain`;
  const known = correlations.filter(({ condition }) => isDrawn(condition)).map(({ id: own, meta }) => meta.name ?? own);
  const close = nearest(id, known);
  if (close !== undefined) return `there is no anomaly rule "${id}"; did you mean "${close}"?`;
  return `there is no anomaly rule "${id}"; there ${known.length === 0 ? 'is none in these rules' : `are ${known.slice(0, 20).join(', ')}`}`;
}

export const registerAnomaly: Register = (program, { io, done }) => {
  program
    .command('anomaly')
    .description('anomaly rules over recorded events')
    .command('explain')
    .argument('<rule>', 'id or name of an anomaly rule')
    .argument('<file...>', 'recorded events')
    .description('a chart per group: expected band, observed, where it fired')
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .option('--groups <n>', 'how many groups, those that fired most', '3')
    .option('--panes <n>', 'how many panes, the last', '48')
    .option('--as <form>', 'text, or svg for the first group', 'text')
    .option('--format <name>', 'log format (default: recognised)')
    .option('--timezone <zone>', 'zone of local times')
    .action(async (rule: string, files: string[], flags: Flags) => {
      if (flags.as !== 'text' && flags.as !== 'svg') throw new WardlineError('usage', `--as takes text or svg, not ${String(flags.as)}`);
      done(await explain(rule, files, flags, io));
    });
};
