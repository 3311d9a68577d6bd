import type { MeasureResult } from './evaluate.ts';
import { decidingMeasures } from './pack-lint.ts';
import type { Objective, Profile } from './pack-schema.ts';
import { type Reason, sortedReasons } from './reason.ts';

export type Status = 'satisfied' | 'not-satisfied' | 'degraded' | 'not-assessed' | 'not-applicable';
type Overlay = Profile['overlays'][number];

export type ObjectiveResult = {
  readonly id: string;
  readonly objective: Objective;
  /** What is shown; differs from `raw` only under a not-applicable overlay. */
  readonly status: Status;
  readonly raw: Status;
  readonly reasons: readonly Reason[];
  readonly overlay: Overlay | undefined;
};

/** Worst first: how a control shows its objectives. */
export const STATUS_ORDER: readonly Status[] = ['not-satisfied', 'not-assessed', 'degraded', 'satisfied', 'not-applicable'];

/** Kleene value doubled, to stay with integers: pass 2, unknown 1, fail 0. */
type Kleene = 0 | 1 | 2;

export type StatusOptions = {
  readonly results: ReadonlyMap<string, MeasureResult>;
  readonly profile: Profile;
  /** Ms: evidence whose window ended longer ago than `valid_for` no longer counts. */
  readonly asOfMs: number;
  readonly periodEndMs: number;
  readonly integrityBroken: boolean;
};

/** Status of one objective: the first line of the status table that holds. */
export function objectiveStatus(id: string, objective: Objective, options: StatusOptions): ObjectiveResult {
  const overlay = overlayInForce(id, options);
  const { status: raw, reasons } = rawStatus(objective, options);
  const status = overlay?.kind === 'not-applicable' ? 'not-applicable' : raw;
  return { id, objective, status, raw, reasons, overlay };
}

type Raw = { readonly status: Status; readonly reasons: readonly Reason[] };
type Member = { readonly result: MeasureResult | undefined; readonly value: Kleene };

function rawStatus(objective: Objective, options: StatusOptions): Raw {
  const ids = decidingMeasures(objective);
  if (ids.length === 0) return { status: 'not-assessed', reasons: ['manual-only'] };
  const expired = options.asOfMs > options.periodEndMs + objective.valid_for;
  const guards = (objective.guards ?? []).map((id) => options.results.get(id));
  const guarded = guards.length > 0 && guards.every(passes);
  const members = ids.map((id) => {
    const result = options.results.get(id);
    return { result, value: expired ? 1 : kleene(result, guarded) };
  });
  const reasons: Reason[] = members.flatMap(reasonsOf);
  if (expired) reasons.push('evidence-expired');
  // Nothing behind the fault was read: whatever is said of this objective is said of a part.
  if (options.integrityBroken) reasons.push('integrity-broken');
  const value = expression(
    objective,
    members.map((member) => member.value),
  );
  if (value === 0) return { status: 'not-satisfied', reasons: sortedReasons(reasons) };
  if (value === 1) {
    const status = members.some((member) => member.value === 2) ? 'degraded' : 'not-assessed';
    return { status, reasons: sortedReasons(reasons.length > 0 ? reasons : ['no-population']) };
  }
  const caps = capsOf(members, guards, options.integrityBroken);
  return caps.length > 0 ? { status: 'degraded', reasons: sortedReasons(caps) } : { status: 'satisfied', reasons: [] };
}

const passes = (result: MeasureResult | undefined): boolean => result?.verdict === 'pass' && !result.vacuous;

function kleene(result: MeasureResult | undefined, guarded: boolean): Kleene {
  if (result?.verdict === 'fail') return 0;
  return result?.verdict === 'pass' && (!result.vacuous || guarded) ? 2 : 1;
}

function reasonsOf({ result, value }: Member): readonly Reason[] {
  if (value === 2) return [];
  return result?.vacuous ? [...result.reasons, 'no-population'] : (result?.reasons ?? []);
}

/** What holds an objective back whose measures all pass: their caps, guards that do not pass, a broken ledger. */
function capsOf(members: readonly Member[], guards: readonly (MeasureResult | undefined)[], integrityBroken: boolean): Reason[] {
  const caps: Reason[] = members.flatMap(({ result }) => result?.caps ?? []);
  if (integrityBroken) caps.push('integrity-broken');
  for (const guard of guards) {
    if (passes(guard)) caps.push(...(guard?.caps ?? []));
    else caps.push(...(guard?.reasons.length ? guard.reasons : (['no-population'] as const)));
  }
  return caps;
}

function expression(objective: Objective, values: readonly Kleene[]): Kleene {
  if (objective.all !== undefined) return Math.min(...values) as Kleene;
  if (objective.any !== undefined) return Math.max(...values) as Kleene;
  const k = objective.k_of?.k ?? 1;
  const sure = values.filter((value) => value === 2).length;
  const possible = values.filter((value) => value >= 1).length;
  return sure >= k ? 2 : possible >= k ? 1 : 0;
}

function overlayInForce(id: string, { profile, asOfMs }: StatusOptions): Overlay | undefined {
  return profile.overlays.find(
    (overlay) => overlay.objective === id && Date.parse(overlay.from) <= asOfMs && asOfMs < Date.parse(overlay.until),
  );
}
