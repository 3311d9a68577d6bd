import type { Event } from '../event/event.ts';
import type { Detection } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import type { JsonObject } from '../shared/json.ts';
import { type Asker, withFacts } from './lookups/asker.ts';
import { createPolicyJudge } from './policy/confirm.ts';
import { withRuleEvent } from './rule-event.ts';

/** Turns a detection found by the matcher into the document its match carries; undefined = it does not hold after all. */
export type Confirm = (detection: Detection, event: Event, ecs: () => JsonObject) => JsonObject | undefined;

/**
 * A violation of a policy carries why, a json rule its event; a rule
 * with facts from outside holds by the answers that wait for it. Every other match is the event as it is.
 */
export function createConfirm(ruleset: Pick<Ruleset, 'detections' | 'contexts'>, asker?: Pick<Asker, 'take'>): Confirm {
  const policies = createPolicyJudge(ruleset);
  return (detection, event, ecs) => {
    if (detection.policy !== undefined || detection.join !== undefined) return policies.confirm(detection, event, ecs);
    const asked = detection.asks === undefined ? undefined : asker?.take(detection, event.origin);
    if (detection.asks !== undefined && asked?.holds !== true) return undefined;
    const document = asked === undefined ? ecs() : withFacts(ecs(), asked);
    return detection.event === undefined ? document : withRuleEvent(document, detection.event, event);
  };
}
