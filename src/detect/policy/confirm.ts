import type { Event } from '../../event/event.ts';
import type { Detection } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { createContextReader } from './context.ts';
import { withJoin } from './join.ts';
import { isPolicy, judge, type PolicyRule, type Verdict } from './judge.ts';

export type PolicyJudge = {
  /** What the alerting policies say of an access, together; undefined if none has it in scope. */
  judge(event: Event): Verdict | undefined;
  /**
   * Whether a policy that the matcher found is the one that an access violates, and the document its match
   * carries; undefined = it does not.
   */
  confirm(detection: Detection, event: Event, ecs: () => JsonObject): JsonObject | undefined;
};

export function createPolicyJudge({ detections, contexts }: Pick<Ruleset, 'detections' | 'contexts'>): PolicyJudge {
  const context = createContextReader(contexts);
  const policies = detections.filter(isPolicy);
  const alerting = policies.filter(({ policy }) => policy.mode === 'alert');
  // Several rules ask about one event, one after the other.
  let last: Event | undefined;
  let known: Verdict | undefined;
  const judgeAll = (event: Event): Verdict | undefined => {
    if (event !== last) {
      known = judge(alerting, event, context);
      last = event;
    }
    return known;
  };
  return {
    judge: judgeAll,
    confirm(detection, event, ecs) {
      if (detection.join !== undefined) return withJoin(ecs(), detection.join, event, context, judgeAll(event)?.verdict);
      const verdict = isShadow(detection) ? judge([detection as PolicyRule], event, context) : judgeAll(event);
      const told = verdict !== undefined && verdict.verdict !== 'allow' && !verdict.undecided && verdict.policy === detection.id;
      return told ? withVerdict(ecs(), verdict) : undefined;
    },
  };
}

const isShadow = ({ policy }: Detection): boolean => policy?.mode === 'shadow';

/** The event's document with the verdict under `wardline.policy`. */
export function withVerdict(ecs: JsonObject, verdict: Verdict): JsonObject {
  const { policy: id, version, detector, forbiddenBy, entry, failed, missing, context } = verdict;
  const given = (fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
  const policy: JsonObject = {
    ...given({ id, version, verdict: verdict.verdict, detector, forbidden_by: forbiddenBy, nearest_entry: entry }),
    failed: failed.map(failedText),
    missing: [...missing],
    ...(context.length === 0 ? {} : { context: context.map(({ store, version: digest }) => `${store}@${digest}`) }),
  };
  const wardline = (ecs['wardline'] ?? {}) as JsonObject;
  return { ...ecs, wardline: { ...wardline, policy } };
}

export const failedText = ({ check, wanted, got }: Verdict['failed'][number]): string =>
  `${check}: wanted ${wanted}, got ${got === null ? 'nothing' : JSON.stringify(got)}`;
