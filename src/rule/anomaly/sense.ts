import { durationText } from '../../shared/duration.ts';
import type { Condition } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';

const SECOND = 1_000_000_000n;
const SEASONS = { hour_of_week: 604_800n * SECOND, hour_of_day: 86_400n * SECOND, none: 0n } as const;
/** A minute of a week; each group keeps some numbers for every pane of a season. */
const MOST_PANES = 10_080n;

/** Parameters that are right one by one, and together make a rule that never fires, or not as it reads. */
export function reportSenseless(condition: Condition, timespan: bigint, groupBy: readonly string[], report: ProblemReporter): void {
  const error = (name: string, message: string): void => report.error(['anomaly', name], 'anomaly/parameter', message);
  switch (condition.kind) {
    case 'spike':
    case 'change':
    case 'seasonal':
      if (condition.forget < timespan)
        error(
          'forget',
          `"forget" is at least as long as a pane (timespan ${durationText(timespan)}); groups would be forgotten before one is over`,
        );
      if (condition.kind === 'seasonal') reportSeason(condition.season, timespan, error);
      return;
    case 'rare':
      if (condition.share === 0) error('share', '"share" is above 0; no value has fewer matches than none');
      return;
    case 'beacon': {
      const [, destination] = condition.fields;
      if (groupBy.length > 0 && !groupBy.includes(destination))
        report.warn(
          ['anomaly', 'group-by'],
          'anomaly/parameter',
          `group-by lacks the destination "${destination}": calls to all destinations of a group are one series`,
        );
      return;
    }
    default:
  }
}

function reportSeason(season: keyof typeof SEASONS, timespan: bigint, error: (name: string, message: string) => void): void {
  const length = SEASONS[season];
  if (length === 0n) return;
  if (length % timespan !== 0n)
    error(
      'timespan',
      `"timespan" divides a ${season === 'hour_of_day' ? 'day' : 'week'} without a rest, such as 15m, 1h or 4h; else panes fall on other hours each time`,
    );
  else if (length / timespan > MOST_PANES)
    error('timespan', `"timespan" makes at most 10,080 panes of a season; ${durationText(timespan)} makes ${length / timespan}`);
}
