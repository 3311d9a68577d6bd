import { MAX_TIME } from '../correlate/hits.ts';
import { createLateness } from '../correlate/lateness.ts';
import type { RawRecord } from '../event/raw-record.ts';
import type { Nanos } from '../event/time.ts';
import type { CanarySettings } from '../evidence/canary-settings.ts';
import type { Normalizer } from '../normalize/normalizer.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import { tupleId } from '../shared/digest.ts';
import { messageOf } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Logger } from '../shared/logger.ts';
import type { AlertDocument, Delivery } from '../sink/sink.ts';
import { createOnTheWay } from './canary-topic.ts';
import type { RulesetParts } from './engine.ts';

/** A step of a canary, for the evidence ledger. */
export type CanaryStep = { readonly id: string; readonly slot: string; readonly step: 'injected' | 'seen'; readonly at: number };

export type CanaryDeps = {
  /** What runs now: a canary proves the rules that are active, not those of the start. */
  readonly parts: () => RulesetParts;
  readonly normalizerOf: (source: string) => Normalizer;
  readonly ruleOf: (name: string) => RuleId | undefined;
  readonly allowedLateness: Nanos;
  /** Stores an alert for one receiver alone. */
  readonly deliver: (alert: AlertDocument, receiver: string) => void;
  readonly observe: (step: CanaryStep) => void;
  readonly logger: Logger;
  /** For canaries of a topic. */
  readonly topics?: TopicLane;
};

/** A way into the topics of Kafka sources. */
export type TopicLane = {
  /** Of the marks; the same over restarts, since planted records may be read again. */
  readonly key: Uint8Array;
  readonly now: () => number;
  /** Appends records in their order; settles when the broker has them, rejects when it does not take them. */
  readonly append: (
    canary: CanarySettings,
    slot: number,
    records: readonly { readonly bytes: Uint8Array; readonly mark: string }[],
  ) => Promise<void>;
};

export type Canaries = {
  /**
   * Plants what is due at `now` (ms). When it returns, each canary of the engine was seen, handed to its receiver, or
   * missed; one of a topic is on its way. Returns how many steps were observed since the last turn; they are to be sealed.
   */
  turn(now: number): number;
  /** Takes the planted ones out of records that were read: they are counted as discarded, and judged in their own lane. */
  take(records: readonly RawRecord[]): readonly RawRecord[];
  /** What receivers said; a canary with a receiver is seen when it took the alert. */
  delivered(outcomes: readonly Delivery[], now: number): void;
};

/**
 * Plants records and looks for the alert they must raise. They go through the active rules and the source's own reading
 * (decode, normalize, match, correlate, alert, delivery) in a lane of their own: windows of real events, their counts and
 * their alerts never see a canary, and an exception that hides the rule hides its canary too.
 */
export function createCanaries(settings: readonly CanarySettings[], deps: CanaryDeps): Canaries {
  const planted = new Map<string, number>();
  let observed = 0;
  const observe = (step: CanaryStep): void => {
    observed++;
    deps.observe(step);
  };
  const awaited = new Map<string, Omit<CanaryStep, 'step' | 'at'>>();

  const judge = (canary: CanarySettings, slot: number, records: readonly RawRecord[], now: number): void => {
    const { id, receiver } = canary;
    const step = { id, slot: String(slot) };
    const alert = raise(canary, slot, records, deps);
    if (alert === undefined) {
      deps.logger.error({ canary: id, rule: canary.rule }, 'a canary was missed: the rule did not alert on the events planted for it');
      return;
    }
    if (receiver === undefined) observe({ ...step, step: 'seen', at: now });
    else {
      awaited.set(alert.id, step);
      deps.deliver(alert, receiver);
    }
  };
  const onTheWay = createOnTheWay(deps, observe, judge);

  const plant = (canary: CanarySettings, slot: number, now: number): void => {
    const records = recordsOf(canary, slot, now);
    if (canary.inject === 'topic') {
      onTheWay.send(canary, slot, records);
      return;
    }
    observe({ id: canary.id, slot: String(slot), step: 'injected', at: now });
    judge(canary, slot, records, now);
  };

  return {
    turn(now) {
      for (const canary of settings) {
        const slot = Math.floor(now / canary.every);
        if (planted.get(canary.id) === slot) continue;
        planted.set(canary.id, slot);
        plant(canary, slot, now);
      }
      const steps = observed;
      observed = 0;
      return steps;
    },
    take: onTheWay.take,
    delivered(outcomes, now) {
      for (const { id, outcome } of outcomes) {
        const step = awaited.get(id);
        if (step === undefined || outcome === 'retry') continue;
        awaited.delete(id);
        if (outcome === 'stored' || outcome === 'duplicate') observe({ ...step, step: 'seen', at: now });
      }
    },
  };
}

/** The alert of the expected rule, marked as a canary; undefined when it was not raised. */
function raise(canary: CanarySettings, slot: number, records: readonly RawRecord[], deps: CanaryDeps): AlertDocument | undefined {
  const parts = deps.parts();
  const rule = deps.ruleOf(canary.rule);
  if (rule === undefined) return undefined;
  try {
    const { matches } = parts.ingest(records, deps.normalizerOf(canary.source), createLateness(deps.allowedLateness));
    const correlator = parts.correlator(undefined);
    const firings = [
      ...matches.flatMap((match) => [...correlator.apply({ kind: 'match', match }, () => undefined)]),
      // Nothing comes after a canary, for all time: an absence is over too.
      ...correlator.apply({ kind: 'end', newest: MAX_TIME }, () => undefined),
    ];
    const firing = firings.find((one) => one.rule === rule && one.stage === 'opened');
    const alert = firing === undefined ? undefined : parts.toAlert(firing, () => undefined);
    return alert === undefined ? undefined : marked(alert, canary.id, slot);
  } catch (error) {
    deps.logger.error({ canary: canary.id, error: messageOf(error) }, 'a canary broke a stage');
    return undefined;
  }
}

/** An id of its own: without it a canary without {canary} in its lines could take the id of a real alert. */
function marked({ document }: AlertDocument, canary: string, slot: number): AlertDocument {
  const id = tupleId(['canary', canary, String(slot)]);
  const { wardline, event, message } = document as { wardline: { alert: JsonObject }; event: JsonObject; message: string };
  return {
    id,
    document: {
      ...document,
      message: `Canary: ${message}`,
      event: { ...event, id },
      wardline: { ...wardline, alert: { ...wardline.alert, id }, canary: { id: canary, slot: String(slot) } },
    },
  };
}

function recordsOf({ id, lines, repeat, spacing }: CanarySettings, slot: number, now: number): RawRecord[] {
  const count = lines.length * repeat;
  return Array.from({ length: count }, (_, i) => {
    const at = new Date(now - (count - 1 - i) * spacing);
    const text = (lines[i % lines.length] as string)
      .replaceAll('{time}', at.toISOString())
      .replaceAll('{syslog}', syslogTime(at))
      .replaceAll('{canary}', `canary-${id}-${slot}`);
    return {
      source: `canary/${id}`,
      partition: 0,
      offset: BigInt(slot) * 1_000_000n + BigInt(i),
      appendedAt: now,
      bytes: Buffer.from(text),
      headers: new Map(),
    };
  });
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 3164 section 4.1.2, in UTC. */
function syslogTime(at: Date): string {
  return `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 19)}`;
}
