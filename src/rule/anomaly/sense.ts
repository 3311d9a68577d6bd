import { durationText } from '../../shared/duration.ts';
import type { PlainMap } from '../document.ts';
import type { Condition } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { type Look, learnSense, valueSense } from './sense-look.ts';
import { beaconSense, peerSense, rareSense, timeOfDaySense, travelSense } from './sense-matches.ts';
import { changeSense, seasonalSense, spikeSense } from './sense-panes.ts';

/** Parameters that are right one by one, and together make a rule that never fires, always does, or not as it reads. */
export function reportSenseless(
  condition: Condition,
  timespan: bigint,
  groupBy: readonly string[],
  map: PlainMap,
  report: ProblemReporter,
): void {
  const look: Look = {
    timespan,
    groupBy,
    isWritten: (name) => map[name] !== undefined && map[name] !== null,
    error: (name, message) => report.error(['anomaly', name], 'anomaly/parameter', message),
    warn: (name, message) => report.warn(['anomaly', name], 'anomaly/parameter', message),
  };
  switch (condition.kind) {
    case 'spike':
      spikeSense(condition, look);
      return;
    case 'seasonal':
      seasonalSense(condition, look);
      return;
    case 'change':
      changeSense(condition, look);
      return;
    case 'absence':
      absenceSense(condition, look);
      return;
    case 'new_value':
      newValueSense(condition, look);
      return;
    case 'rare':
      rareSense(condition, look);
      return;
    case 'time_of_day':
      timeOfDaySense(condition, look);
      return;
    case 'impossible_travel':
      travelSense(condition, look);
      return;
    case 'beacon':
      beaconSense(condition, look);
      return;
    case 'peer_group':
      peerSense(condition, look);
      return;
    default:
  }
}

/** What is senseless in every one of several conditions, and not said of what is `wrong` by itself. */
export function reportWhatever(
  conditions: readonly (readonly [Condition, timespan: bigint])[],
  groupBy: readonly string[],
  map: PlainMap,
  wrong: ReadonlySet<string>,
  report: ProblemReporter,
): void {
  const told = conditions.map(([condition, timespan]) => {
    const said = new Map<string, () => void>();
    const note =
      (severity: 'error' | 'warn'): ProblemReporter['error'] =>
      (...problem) => {
        const [path, , message] = problem;
        if (!wrong.has(String(path[1]))) said.set(`${severity} ${path.join('.')} ${message}`, () => report[severity](...problem));
      };
    reportSenseless(condition, timespan, groupBy, map, { ...report, error: note('error'), warn: note('warn') });
    return said;
  });
  const [first = new Map<string, () => void>(), ...others] = told;
  for (const [key, say] of first) if (others.every((said) => said.has(key))) say();
}

function absenceSense({ remember }: Extract<Condition, { kind: 'absence' }>, { timespan, warn }: Look): void {
  if (remember < timespan)
    warn(
      'remember',
      `"remember" (${durationText(remember)}) is shorter than "timespan" (${durationText(timespan)}): a group is told of after it should have been forgotten`,
    );
}

function newValueSense({ fields, learn, forget, newGroup }: Extract<Condition, { kind: 'new_value' }>, look: Look): void {
  valueSense(fields, look, newGroup === 'alert' ? undefined : 'no value is new to its group');
  learnSense(learn, forget, 'forget', look);
}
