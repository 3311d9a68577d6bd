import type { Event } from '../event/event.ts';
import type { AllowEntry, Check, Policy } from '../rule/ir/policy.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { evaluate } from './reference.ts';

/** Why an access violates a policy: the entry that came nearest and what it lacked. */
export type Verdict = {
  readonly verdict: 'deny';
  /** ZT-01 where no entry applies, else the detector of the first check that failed. */
  readonly detector: string;
  readonly forbiddenBy: string | undefined;
  readonly nearest: string | undefined;
  readonly failed: readonly { readonly check: string; readonly wanted: string; readonly got: JsonValue }[];
  readonly missing: readonly string[];
};

/** Explains an access that the policy's expression found to be a violation. */
export function explainViolation({ allow, forbid }: Policy, event: Event): Verdict {
  const forbidden = forbid.find(({ when }) => evaluate(when, event));
  const applicable = allow
    .filter(({ when }) => evaluate(when, event))
    .map((entry) => ({ entry, failed: failedChecks(entry, event) }))
    .sort((a, b) => a.failed.length - b.failed.length);
  const [nearest] = applicable;
  const failed = nearest?.failed ?? [];
  return {
    verdict: 'deny',
    detector: forbidden !== undefined ? 'ZT-01' : (failed[0]?.detector ?? 'ZT-01'),
    forbiddenBy: forbidden?.id,
    nearest: nearest?.entry.id,
    failed: failed.map(({ name, wanted, field }) => ({ check: name, wanted, got: event.field(field) ?? null })),
    missing: failed.filter(({ field }) => (event.field(field) ?? null) === null).map(({ field }) => field),
  };
}

function failedChecks({ require }: AllowEntry, event: Event): readonly Check[] {
  return require.filter(({ expr }) => !evaluate(expr, event));
}

/** The event's document with the verdict under `wardline.policy`. */
export function withVerdict(ecs: JsonObject, policyId: string, verdict: Verdict): JsonObject {
  const wardline = (ecs['wardline'] ?? {}) as JsonObject;
  const { detector, forbiddenBy, nearest, failed, missing } = verdict;
  const policy: JsonObject = {
    id: policyId,
    verdict: verdict.verdict,
    detector,
    ...(forbiddenBy === undefined ? {} : { forbidden_by: forbiddenBy }),
    ...(nearest === undefined ? {} : { nearest_entry: nearest }),
    failed: failed.map(({ check, wanted, got }) => `${check}: wanted ${wanted}, got ${got === null ? 'nothing' : JSON.stringify(got)}`),
    missing: [...missing],
  };
  return { ...ecs, wardline: { ...wardline, policy } };
}
