import type { Event } from '../event/event.ts';
import type { Detection } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import type { JsonObject } from '../shared/json.ts';
import { createPolicyJudge } from './policy/confirm.ts';
import { withRuleEvent } from './rule-event.ts';

/** Turns a detection found by the matcher into the document its match carries; undefined = it does not hold after all. */
export type Confirm = (detection: Detection, event: Event, ecs: () => JsonObject) => JsonObject | undefined;

/** A violation of a policy carries why, a json rule its event; every other match is the event as it is. */
export function createConfirm(ruleset: Pick<Ruleset, 'detections' | 'contexts'>): Confirm {
  const policies = createPolicyJudge(ruleset);
  return (detection, event, ecs) => {
    if (detection.policy !== undefined || detection.join !== undefined) return policies.confirm(detection, event, ecs);
    return detection.event === undefined ? ecs() : withRuleEvent(ecs(), detection.event, event);
  };
}
