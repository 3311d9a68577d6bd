import type { Event } from '../event/event.ts';
import type { Detection } from '../rule/ir/rule.ts';
import type { MatchBuffer } from './match-buffer.ts';
import { evaluate } from './reference.ts';
import { labelFor } from './routing.ts';

/** Every rule of the event's log sources asked one by one, as it is written: what the matchers must agree with. */
export function fullScan(detections: readonly Detection[], event: Event): readonly number[] {
  return [...detections.keys()].filter((i) => {
    const { logsource, expr } = detections[i] as Detection;
    const label = labelFor(logsource, event.route);
    return label !== null && evaluate(expr, event, label);
  });
}

/** Did a matcher find exactly these? */
export function sameRules(found: MatchBuffer, wanted: readonly number[]): boolean {
  return (
    found.count === wanted.length && [...found.rules.subarray(0, found.count)].sort((a, b) => a - b).every((rule, i) => rule === wanted[i])
  );
}
