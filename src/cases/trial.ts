import { settingsSchema } from '../config/settings.ts';
import type { Note } from '../correlate/correlator.ts';
import type { Firing } from '../correlate/firing.ts';
import { createLateness } from '../correlate/lateness.ts';
import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import type { Match } from '../detect/match.ts';
import { createPolicyJudge } from '../detect/policy/confirm.ts';
import { letThroughBy, outcomeOf } from '../detect/policy/explain.ts';
import type { Verdict } from '../detect/policy/judge.ts';
import type { DeadLetter } from '../event/dead-letter.ts';
import type { Event } from '../event/event.ts';
import { createStory, type Story } from '../explain/story.ts';
import { normalizersOf, partsOf } from '../pipeline/parts.ts';
import type { Activation, CaseBase } from '../rule/cases/schema.ts';
import type { Correlation } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import type { JsonObject } from '../shared/json.ts';
import { at as nested } from '../shared/nested.ts';
import type { Delivery } from './records.ts';

/** What a case came to. */
export type Outcome = {
  readonly firings: readonly Firing[];
  /** Every transition of every alert, by id: one that was made again is the same. */
  readonly alerts: ReadonlyMap<string, JsonObject>;
  readonly notes: readonly Note[];
  readonly deadLetters: readonly DeadLetter[];
  /** What detections hold for, in order of arrival. */
  readonly matches: readonly Match[];
  /** Exceptions that kept a match from counting, by id. */
  readonly suppressedBy: ReadonlySet<string>;
};

/** `restart`: the state is saved and read back after every record. `crashAt`: after this record all goes on to the end, and then once more from there. */
export type How = { readonly restart?: boolean; readonly crashAt?: number };

/** What all policies together say of one access. */
export type Judged = { readonly time: bigint; readonly verdict: Verdict; readonly outcome: ReturnType<typeof outcomeOf> };

export type Trial = {
  run(deliveries: readonly Delivery[], how?: How): Outcome;
  /** The events of the deliveries, in order. */
  events(deliveries: readonly Delivery[]): readonly Event[];
  /** The verdicts of the policies on the accesses among them, in order. */
  verdicts(deliveries: readonly Delivery[]): readonly Judged[];
  /** How near a stateful rule came to hold, group by group. */
  story(rule: Correlation, deliveries: readonly Delivery[]): Story;
};

/** How late an event of a case may come and still counts. */
export const LATENESS = 7n * 86_400_000_000_000n;

/**
 * Runs cases through the stages of the product: its decoding, matcher, correlator and alert documents. `activated` gives
 * the ruleset after these activations of the case, in order.
 */
export function createTrial(ruleset: Ruleset, base: CaseBase, activated: (steps: readonly Activation[]) => Ruleset = () => ruleset): Trial {
  const settings = settingsSchema.parse({
    tenant: 'test',
    sources: [{ kind: 'stdin', name: 'test', format: base.format, logsource: base.logsource }],
  });
  const first = partsOf(ruleset, settings);
  const normalizer = normalizersOf(settings).get('test');
  if (normalizer === undefined) throw new Error('a trial has one source');

  const eventsIn = (delivery: Delivery): readonly Event[] =>
    delivery.kind === 'record'
      ? decode(delivery.record, DEFAULT_LIMITS).documents.map((document) => normalizer.normalize(delivery.record, document))
      : [];

  return {
    verdicts(deliveries) {
      let judge = createPolicyJudge(ruleset);
      const steps: Activation[] = [];
      return deliveries.flatMap((delivery) => {
        if (delivery.kind === 'activate') {
          steps.push(delivery.activation);
          judge = createPolicyJudge(activated(steps));
        }
        return eventsIn(delivery).flatMap((event) => {
          const verdict = judge.judge(event);
          return verdict === undefined ? [] : [{ time: event.time, verdict, outcome: outcomeOf(verdict, letThroughBy(event)) }];
        });
      });
    },
    story(rule, deliveries) {
      const story = createStory(ruleset, rule);
      for (const delivery of deliveries) if (delivery.kind === 'record') story.take([delivery.record], normalizer);
      return story.end();
    },
    events: (deliveries) => deliveries.flatMap(eventsIn),
    run(deliveries, how = {}) {
      const firings: Firing[] = [];
      const alerts = new Map<string, JsonObject>();
      const notes: Note[] = [];
      const deadLetters: DeadLetter[] = [];
      const matches: Match[] = [];
      const suppressedBy = new Set<string>();
      let parts = first;
      let steps: readonly Activation[] = [];
      const latest = new Map<string, JsonObject>();
      let lateness = new Map([[0, createLateness(LATENESS)]]);
      let correlator = parts.correlator(undefined);
      const latenessOf = (partition: number) => {
        const known = lateness.get(partition) ?? createLateness(LATENESS);
        lateness.set(partition, known);
        return known;
      };
      const take = (fired: readonly Firing[]): void => {
        for (const firing of fired) {
          firings.push(firing);
          const alert = parts.toAlert(firing, (episode) => latest.get(episode));
          if (alert === undefined) continue;
          alerts.set(alert.id, alert.document);
          latest.set(String(nested(alert.document, 'wardline.alert.id')), alert.document);
        }
      };
      const say = (note: Note): void => void notes.push(note);
      /** How far time was said to have passed without an event. */
      let told: bigint | undefined;
      const newest = (): bigint | undefined =>
        [...lateness.values()].flatMap((one) => one.newest() ?? []).reduce<bigint | undefined>(most, undefined);
      const step = (delivery: Delivery): void => {
        if (delivery.kind === 'record') {
          const ingested = parts.ingest([delivery.record], normalizer, latenessOf(delivery.record.partition));
          deadLetters.push(...ingested.deadLetters);
          for (const { exception, effect } of ingested.excepted) if (effect === 'suppress') suppressedBy.add(exception);
          matches.push(...ingested.matches);
          for (const match of ingested.matches) take(correlator.apply({ kind: 'match', match }, say));
          return;
        }
        if (delivery.kind === 'activate') {
          // As the engine takes another ruleset: the state of rules whose logic is the same goes on.
          steps = [...steps, delivery.activation];
          parts = partsOf(activated(steps), settings);
          correlator = parts.correlator(correlator.snapshot());
          return;
        }
        const from = newest();
        if (from === undefined) return;
        const mark = { kind: 'watermark' as const, source: 'test', partition: 0, appendedAt: 0 };
        if (delivery.kind === 'silence') take(correlator.apply({ ...mark, time: from, newest: from, idle: true, ended: false }, say));
        const to = from + delivery.by;
        told = most(told, to);
        take(correlator.apply({ ...mark, time: to, newest: to, idle: false }, say));
      };

      let saved:
        | {
            readonly parts: typeof first;
            readonly steps: readonly Activation[];
            readonly correlator: Uint8Array;
            readonly lateness: readonly (readonly [number, ReturnType<ReturnType<typeof createLateness>['snapshot']>])[];
          }
        | undefined;
      const restore = (): void => {
        if (saved === undefined) return;
        ({ parts, steps } = saved);
        correlator = parts.correlator(saved.correlator);
        lateness = new Map(saved.lateness.map(([partition, snapshot]) => [partition, createLateness(LATENESS, snapshot)]));
      };
      const save = (): void => {
        saved = {
          parts,
          steps,
          correlator: correlator.snapshot(),
          lateness: [...lateness].map(([partition, one]) => [partition, one.snapshot()]),
        };
      };
      deliveries.forEach((delivery, n) => {
        step(delivery);
        if (how.restart) {
          save();
          restore();
        } else if (how.crashAt === n) save();
      });
      if (how.crashAt !== undefined) {
        restore();
        for (const delivery of deliveries.slice(how.crashAt + 1)) step(delivery);
      }
      const last = newest();
      take(correlator.apply({ kind: 'end', newest: last === undefined ? told : most(told, last) }, say));
      return { firings, alerts, notes, deadLetters, matches, suppressedBy };
    },
  };
}

const most = (a: bigint | undefined, b: bigint): bigint => (a === undefined || b > a ? b : a);
