import { conditionFields } from '../../correlate/plans.ts';
import { isoTime, type Nanos } from '../../event/time.ts';
import type { Correlation } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import { durationText } from '../../shared/duration.ts';
import { WardlineError } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';
import { printable } from '../../shared/table.ts';
import { allowedLatenessOf } from '../allowed-lateness.ts';
import { chosenRules, namedSettings, type RuleFlags, ruleSettingsOption, rulesOption } from '../chosen-rules.ts';
import type { Register } from '../command.ts';
import { type EventFlags, eventsOfFiles, type ReadCounts } from '../events.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import { groupName } from '../group-name.ts';
import type { Io } from '../io.ts';
import { textChart } from './chart.ts';
import { collectPoints, type Drawn, type GroupPoints, isDrawn, type Tally } from './points.ts';
import { svgChart } from './svg.ts';

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
  const rule = drawnRule(ruleset, id);
  const room = wholeNumber(flags.panes, '--panes');
  const allowedLateness = allowedLatenessOf(loaded);
  const points = collectPoints(ruleset, rule, { room, allowedLateness, stop: io.stop });
  const counts = { records: 0, unread: 0 };
  for await (const event of eventsOfFiles(files, { ...flags, loaded }, io, counts)) points.take(event, io.clock.now());
  const groups = await points.end();
  if (io.stop.aborted) return EXIT.interrupted;
  const shown = groups.slice(0, flags.as === 'svg' ? 1 : wholeNumber(flags.groups, '--groups'));
  const tell = flags.as === 'text' ? io.out : io.err;
  for (const one of shown) {
    const name = groupName(rule, one.group);
    if (flags.as === 'svg') io.out(svgChart(one.points, `${id}: ${name}`));
    else io.out(`${printable(name)}: ${one.matches} matches, ${one.count} points, fired in ${one.fired}\n${textChart(one.points)}`);
    const undrawn = undrawnText(one);
    if (undrawn !== undefined) tell(`${undrawn}\n`);
    if (flags.as === 'text') io.out('\n');
  }
  if (flags.as === 'svg' && shown.length === 0) io.out(svgChart([], id));
  const fired = groups.reduce((sum, group) => sum + group.fired, 0);
  for (const line of missing(rule, points.tally(), counts, allowedLateness)) tell(`${line}\n`);
  const rest = groups.length > shown.length ? `, ${shown.length} shown` : '';
  if (flags.as === 'text')
    io.out(`${counts.records} records, ${points.tally().matches} matches, ${groups.length} groups${rest}; fired in ${fired} points\n`);
  return fired > 0 ? EXIT.findings : EXIT.ok;
}

const MOST_TIMES = 20;

/** When it fired besides what is drawn. */
function undrawnText({ undrawn: { times, count } }: GroupPoints): string | undefined {
  if (count === 0) return undefined;
  return `not drawn, fired at ${timesText({ times, count })}; --panes draws more`;
}

function timesText({ times, count }: { readonly times: readonly Nanos[]; readonly count: number }): string {
  const told = times.slice(0, MOST_TIMES);
  return `${told.map(isoTime).join(', ')}${count > told.length ? ` and ${count - told.length} more` : ''}`;
}

function unvaluedText(condition: Drawn): string {
  if (condition.kind === 'impossible_travel')
    return `have no place (${condition.fields[0]}, or ${condition.fields[1]} and ${condition.fields[2]})`;
  const fields = conditionFields(condition).join(', ');
  const numbers = 'metric' in condition && (condition.metric === 'sum' || condition.metric === 'avg');
  return numbers ? `have no number in ${fields}` : `have nothing in ${fields} that can be compared`;
}

/** Why there may be less to see than the user thinks. */
function missing(
  { condition }: { readonly condition: Drawn },
  tally: Tally,
  { records, unread }: ReadCounts,
  allowed: Nanos,
): readonly string[] {
  const { matches, ungrouped, lacking, unvalued, late } = tally;
  return [
    ...(records === 0 ? ['there is no event in these files'] : []),
    ...(unread > 0 ? [`${unread} documents could not be read`] : []),
    ...(matches === 0 && records > 0 ? ['no event matched a rule that this one is made of'] : []),
    ...(ungrouped > 0 ? [`${ungrouped} of ${matches} matches lack a field of group-by and were left out`] : []),
    ...[...lacking].map(([field, count]) => `${count} of ${matches} matches have no ${field}, which the rule compares`),
    ...(unvalued > 0 ? [`${unvalued} of ${matches} matches ${unvaluedText(condition)} and were left out`] : []),
    ...(late.count > 0
      ? [
          `${late.count} of ${matches} matches came more than ${durationText(allowed)} (engine.allowedLateness) behind the newest event of their file and were left out as late, as in a run: ${timesText(late)}`,
        ]
      : []),
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
    .option('--panes <n>', 'how many points: the last, and as many of those that fired', '48')
    .option('--as <form>', 'text, or svg for the first group', 'text')
    .option('--format <name>', 'log format (default: recognised)')
    .option('--timezone <zone>', 'zone of local times')
    .action(async (rule: string, files: string[], flags: Flags) => {
      if (flags.as !== 'text' && flags.as !== 'svg') throw new WardlineError('usage', `--as takes text or svg, not ${String(flags.as)}`);
      done(await explain(rule, files, flags, io));
    });
};
