import { CHANGE_THRESHOLD } from '../../rule/ir/anomaly-bounds.ts';

/**
 * Which scores of a series are said: one disturbance once, a further rise only where it exceeds what was said, and a
 * series that speaks often needs more to be heard (habituation). Plain data.
 */
export type Alarm = {
  /** What was said last, fading. */
  said: number;
  /** By how much the bar is raised. */
  wont: number;
};

/** How far a further rise must exceed what was said, and after how many scores that has faded by half. */
const RISE = 3;
const FADE = 35;
/** Each time something is said the bar rises by this share; after so many scores half of that is left. */
const HABIT = 0.25;
const HABIT_FADE = 500;

/** What is left of each after one score. */
const FADING = 0.5 ** (1 / FADE);
const HABIT_FADING = 0.5 ** (1 / HABIT_FADE);

export const newAlarm = (): Alarm => ({ said: 0, wont: 0 });

/** Takes the next score (undefined: undecided) and says whether it is worth an alarm. */
export function heed(alarm: Alarm, score: number | undefined, threshold = CHANGE_THRESHOLD): boolean {
  alarm.said *= FADING;
  alarm.wont *= HABIT_FADING;
  if (score === undefined || score < bar(alarm, threshold) || score <= alarm.said) return false;
  alarm.said = score * RISE;
  alarm.wont += HABIT;
  return true;
}

/** The score that is needed now. */
export const bar = ({ wont }: Alarm, threshold = CHANGE_THRESHOLD): number => threshold * (1 + wont);
