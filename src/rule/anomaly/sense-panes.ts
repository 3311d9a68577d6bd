import { durationText } from '../../shared/duration.ts';
import type { PaneAnomaly } from '../ir/anomaly.ts';
import { ANOMALY_BOUNDS, CHANGE_THRESHOLD } from '../ir/anomaly-bounds.ts';
import type { Look } from './sense-look.ts';

const SECOND = 1_000_000_000n;
const SEASONS = { hour_of_week: 604_800n * SECOND, hour_of_day: 86_400n * SECOND, none: 0n } as const;
/** A minute of a week; each group keeps some numbers for every pane of a season. */
const MOST_PANES = 10_080n;
/** Panes that a group without matches is judged for before it is forgotten. */
const MANY_PANES = 1_000_000n;
/** Beyond so many robust deviations lie about 4 % of what is normally distributed. */
const LOW_SCORE = 2;
/** Below, noise is told of: of 11,700 panes of Poisson noise 64 with a threshold of 2, four with the default. */
const LOW_THRESHOLD = 3;

type Of<K extends PaneAnomaly['kind']> = Extract<PaneAnomaly, { readonly kind: K }>;

export function spikeSense(condition: Of<'spike'>, look: Look): void {
  const { history, direction, forget } = condition;
  const { timespan, isWritten, warn } = look;
  measuredSense(condition, look);
  const span = timespan * BigInt(history);
  if (forget >= timespan && forget < span) warn('history', learnsLonger(`${history} panes`, span, forget));
  if (direction === 'up' && isWritten('min_reference')) warn('min_reference', '"min_reference" is for falls, and direction: up tells none');
  if (direction === 'down' && isWritten('min_current')) warn('min_current', '"min_current" is for rises, and direction: down tells none');
}

export function seasonalSense(condition: Of<'seasonal'>, look: Look): void {
  const { season, score, forget } = condition;
  const { timespan, isWritten, error, warn } = look;
  measuredSense(condition, look);
  if (score < LOW_SCORE)
    warn('score', `"score" ${score} is low: beyond ${LOW_SCORE} deviations lie about 4 % of all usual panes, and the default is 6`);
  const length = SEASONS[season];
  if (length === 0n) {
    if (isWritten('zone')) warn('zone', '"zone" says when days and weeks begin, and season: none has neither');
    return;
  }
  const name = season === 'hour_of_day' ? 'day' : 'week';
  if (length % timespan !== 0n)
    error('timespan', `"timespan" divides a ${name} without a rest, such as 15m, 1h or 4h; else panes fall on other hours each time`);
  else if (length / timespan > MOST_PANES)
    error('timespan', `"timespan" makes at most 10,080 panes of a season; ${durationText(timespan)} makes ${length / timespan}`);
  if (forget >= timespan && forget < length)
    warn(
      'forget',
      `"forget" (${durationText(forget)}) is shorter than a ${name}: what comes once a ${name} is forgotten before it comes again`,
    );
}

export function changeSense(condition: Of<'change'>, look: Look): void {
  const { threshold, forget } = condition;
  const { timespan, error, warn } = look;
  measuredSense(condition, look);
  if (threshold > ANOMALY_BOUNDS.surprise)
    error(
      'threshold',
      `"threshold" ${threshold} is never reached: the score is at most ${ANOMALY_BOUNDS.surprise}; the rule can never fire`,
    );
  else if (threshold < LOW_THRESHOLD)
    warn('threshold', `"threshold" ${threshold} is low: below ${LOW_THRESHOLD} noise is told of, and the default is ${CHANGE_THRESHOLD}`);
  const panes = ANOMALY_BOUNDS.learnedPanes;
  const span = timespan * BigInt(panes);
  if (forget >= timespan && forget < span) warn('forget', learnsLonger(`${panes} panes`, span, forget));
}

const learnsLonger = (what: string, span: bigint, forget: bigint): string =>
  `learning takes ${what} (${durationText(span)}), and a group is forgotten after ${durationText(forget)} ("forget") without matches: one that pauses so long never gets there`;

/** What holds for every kind of pane. */
function measuredSense(condition: PaneAnomaly, { timespan, groupBy, error, warn }: Look): void {
  const { metric, fields, forget } = condition;
  if (forget < timespan)
    error(
      'forget',
      `"forget" is at least as long as a pane (timespan ${durationText(timespan)}); groups would be forgotten before one is over`,
    );
  else if (forget / timespan > MANY_PANES)
    warn(
      'timespan',
      `a group without matches is judged ${forget / timespan} times before it is forgotten; write a longer "timespan" or a shorter "forget"`,
    );
  const [field] = fields;
  // Without a match there is none, which is a fall.
  const tell = condition.kind === 'spike' && condition.direction === 'up' ? error : warn;
  if (metric === 'distinct' && field !== undefined && groupBy.includes(field))
    tell('field', `"${field}" stands in group-by, so all matches of a group have the same: there is never more than one`);
}
