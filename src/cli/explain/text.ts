import type { Hit } from '../../correlate/firing.ts';
import type { Truth, TruthRow } from '../../detect/truth.ts';
import { isoTime } from '../../event/time.ts';
import type { Compiled } from '../../explain/compiled.ts';
import type { GroupStory, Story } from '../../explain/story.ts';
import type { Exception } from '../../rule/ir/exception.ts';
import type { Correlation } from '../../rule/ir/rule.ts';
import { durationText } from '../../shared/duration.ts';
import type { JsonValue } from '../../shared/json.ts';
import { printable } from '../../shared/table.ts';
import { groupName } from '../group-name.ts';

const told = (value: JsonValue | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value));

export function compiledText({ id, title, kind, logic, facts, tree }: Compiled): string {
  const lines = [
    `${title} (${id})`,
    ...[['kind', kind] as const, ...facts, ['logic', `sha256:${logic.slice(0, 12)}`] as const].map(
      ([name, text]) => `  ${name.padEnd(11)} ${text}`,
    ),
    ...(tree.length > 0 ? ['', ...tree.map((line) => `  ${line}`)] : []),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

const STATES = {
  missing: 'the field is missing',
  unfilled: 'missing: the event has no such key, and no table of its format fills it',
  null: 'the field is null',
  empty: 'the field is empty',
} as const;

function rowText({ depth, held, condition, expected, alternatives, observed, state }: TruthRow): string {
  const mark = held ? 'yes' : 'no ';
  const pad = '  '.repeat(depth);
  if (expected === undefined) return `  ${mark}  ${pad}${condition}`;
  const one = alternatives === undefined ? '' : held ? ` (one of ${alternatives})` : ` (nearest of ${alternatives})`;
  const there = state === undefined ? '' : state === 'value' ? `   found ${told(observed)}` : `   ${STATES[state]}`;
  return `  ${mark}  ${pad}${condition} ${told(expected)}${one}${there}`;
}

export function truthText({ logsource, rows }: Truth): string {
  if (!logsource) return "  the event is of none of the rule's log sources\n";
  return `${rows.map((row) => printable(rowText(row))).join('\n')}\n`;
}

const originText = ({ origin: { source, partition, offset, index } }: Hit): string =>
  `${source}/${partition}/${offset}${index === 0 ? '' : `/${index}`}`;
const MAX_HITS = 20;

/** One group: fired and why, undecided, or how near it came. */
function groupLines(
  rule: Correlation,
  story: GroupStory,
  nameOf: (id: string) => string,
  exceptionOf: (id: string) => Exception | undefined,
): readonly string[] {
  const { group, hits, fired, undecided, hidden, late, miss } = story;
  const opened = fired.filter(({ stage }) => stage === 'opened');
  const name = groupName(rule, group.values);
  const hitLine = (hit: Hit, what: string) => `  ${isoTime(hit.time)}  ${originText(hit)}  ${what} (${nameOf(hit.rule)})`;
  const lines: string[] = [];
  for (const { time, decision, hits: proof, count } of opened) {
    lines.push(
      `FIRED  ${isoTime(time)}  ${name}: ${decision.map(({ condition, expected, observed }) => `${condition} ${told(expected)}, found ${told(observed)}`).join('; ')}`,
    );
    lines.push(
      ...proof.slice(0, MAX_HITS).map((hit) => hitLine(hit, 'counted')),
      ...(count > MAX_HITS ? [`  and ${count - MAX_HITS} more`] : []),
    );
  }
  for (const { time, reason, window } of undecided.slice(0, 5))
    lines.push(
      `UNDECIDED  ${isoTime(time)}  ${name}: ${reason === 'learning' ? 'too little of the past is known yet' : `a source was silent between ${isoTime(window.start)} and ${isoTime(window.end)}`}`,
    );
  if (undecided.length > 5) lines.push(`  and ${undecided.length - 5} more times`);
  const leftOut = [
    ...late.slice(0, MAX_HITS).map((hit) => hitLine(hit, 'late, left out')),
    ...(late.length > MAX_HITS ? [`  and ${late.length - MAX_HITS} more that were late`] : []),
  ];
  if (opened.length > 0) return [...lines, ...leftOut];
  if (miss === undefined) return [...lines, `NOT FIRED  ${name}: ${hits.length} matches`, ...hiddenLines(), ...leftOut];
  lines.push(`NOT FIRED  nearest miss ${isoTime(miss.time)}  ${name}: ${miss.text}`);
  lines.push(
    ...miss.hits.slice(0, MAX_HITS).map((hit) => hitLine(hit, 'counted')),
    ...(miss.hits.length > MAX_HITS ? [`  and ${miss.hits.length - MAX_HITS} more`] : []),
  );
  lines.push(...hiddenLines(), ...leftOut);
  if (miss.until !== undefined && miss.hits[0] !== undefined)
    lines.push(`  ${isoTime(miss.until)}  the window moves past ${originText(miss.hits[0])}`);
  return lines;

  function hiddenLines(): readonly string[] {
    return hidden.slice(0, MAX_HITS).map(({ hit, exception }) => {
      const found = exceptionOf(exception);
      return hitLine(
        hit,
        `hidden by exception ${exception}${found === undefined ? '' : ` (owner ${found.owner}, expires ${isoTime(found.expires).slice(0, 10)})`}`,
      );
    });
  }
}

export function storyText(
  rule: Correlation,
  story: Story,
  groups: readonly GroupStory[],
  nameOf: (id: string) => string,
  exceptionOf: (id: string) => Exception | undefined,
): string {
  const lines = groups.flatMap((group) => [...groupLines(rule, group, nameOf, exceptionOf)]);
  const late = story.groups.reduce((sum, group) => sum + group.late.length, 0);
  const left = story.groups.length - groups.length;
  const more = [
    `${story.records} records, ${story.matches} matches of its members, ${story.groups.length} groups${left > 0 ? `, ${groups.length} shown` : ''}`,
    ...(late > 0
      ? [
          `${late} matches came more than ${durationText(story.allowedLateness)} (engine.allowedLateness) behind the newest event of their file and were left out as late, as in a run`,
        ]
      : []),
    ...(story.ungrouped > 0 ? [`${story.ungrouped} matches lack a value of the group key and count nowhere`] : []),
    ...(story.unvalued > 0 ? [`${story.unvalued} matches have no value in what the rule compares and count nowhere`] : []),
  ];
  return `${[...lines, ...more].map(printable).join('\n')}\n`;
}
