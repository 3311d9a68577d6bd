import type { Receipts } from './alert-log.ts';
import type { RuleSelector } from './pack-schema.ts';
import { ratioAtLeast } from './ratio.ts';
import type { Reason } from './reason.ts';
import { type RuleCoverage, ruleCoverage } from './rule-coverage.ts';
import { namesOf, type Of, type Scene } from './scene.ts';
import type { Finding } from './verdict.ts';

type Delivered = Receipts & { readonly rules: RuleCoverage };

/** Alert documents of the window against the time they took to a receiver. */
function delivered(alerts: RuleSelector, receiver: string, limitMs: number, scene: Scene): Delivered {
  const { history, window, reachedMs } = scene;
  const rules = ruleCoverage(alerts, history, namesOf(scene), window);
  return { ...history.alerts.receipts({ rules: new Set(rules.rules), window, receiver, limitMs, reachedMs }), rules };
}

/** A crash can lose the note of a delivery, never the delivery: what is missing then proves nothing. */
function closingReasons(scene: Scene, pending: number): Reason[] {
  const crashed = scene.history.downtimes.some(({ clean }) => !clean);
  return [...(pending > 0 ? (['late-data'] as const) : []), ...(crashed ? (['engine-restart-gap'] as const) : [])];
}

export function latency(measure: Of<'latency'>, scene: Scene): Finding {
  const { items, intime, pending, worstMs, rules } = delivered(measure.alerts, measure.receiver, measure.max, scene);
  const { lost, countable } = scene.coverage;
  const best = intime + pending;
  const unclosed = closingReasons(scene, pending);
  const holds = items === 0 || ratioAtLeast(intime, items, measure.quantile);
  return {
    holds,
    definite: countable && !unclosed.includes('engine-restart-gap') && !ratioAtLeast(best + lost, items + lost, measure.quantile),
    value: worstMs,
    limit: measure.max,
    unit: `ms at worst, ${intime} of ${items} in time`,
    population: items,
    of: 'alert documents',
    vacuous: measure.vacuous === 'use-guards',
    reasons: [...rules.reasons, ...(holds ? [] : unclosed)],
  };
}

export function pairing(measure: Of<'pairing'>, scene: Scene): Finding {
  const { items, intime, pending, rules } = delivered(measure.alerts, measure.receiver, measure.within, scene);
  const orphans = items - intime;
  const unclosed = closingReasons(scene, pending);
  const holds = orphans <= measure.max_orphans;
  return {
    holds,
    definite: !unclosed.includes('engine-restart-gap') && orphans - pending > measure.max_orphans,
    value: orphans,
    limit: measure.max_orphans,
    unit: 'alerts not delivered in time',
    population: items,
    of: 'alert documents',
    vacuous: measure.vacuous === 'use-guards',
    reasons: [...rules.reasons, ...(holds ? [] : unclosed)],
  };
}
