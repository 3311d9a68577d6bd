import { alertDocument } from '../../src/alert/document.ts';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS, restoreCorrelator } from '../../src/correlate/correlator.ts';
import type { Firing } from '../../src/correlate/firing.ts';
import { createLateness } from '../../src/correlate/lateness.ts';
import { fieldsNeeded } from '../../src/correlate/plans.ts';
import { DEFAULT_LIMITS } from '../../src/decode/decode.ts';
import { createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { createConfirm } from '../../src/detect/confirm.ts';
import { createExceptions } from '../../src/detect/exceptions.ts';
import { createMatcher } from '../../src/detect/matcher.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { isoTime, parseIsoTime } from '../../src/event/time.ts';
import { get } from '../../src/normalize/materialize.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createIngest } from '../../src/pipeline/ingest.ts';
import type { Rule } from '../../src/rule/ir/rule.ts';
import { loadRules, type Ruleset } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';
import { tryParseDuration } from '../../src/shared/duration.ts';
import { isObject, type JsonObject, type JsonValue } from '../../src/shared/json.ts';

/** Records of context stores by store and key; null leaves the key out. */
export type CaseContext = Readonly<Record<string, Readonly<Record<string, JsonObject | null>>>>;
type CaseEvent = {
  /** After the start of the case: `0s`, `1h30m`, `250ms`. */
  readonly at: string;
  readonly repeat?: { readonly count: number; readonly every: string };
  /** An ECS document, merged over that of the base. */
  readonly ecs?: JsonObject;
  /** A document of a vendor's format; `${at}` and `${at:nanos}` in its texts are the time. */
  readonly event?: JsonObject;
};
type Base = { readonly format?: string; readonly ecs?: JsonObject; readonly event?: JsonObject; readonly context?: CaseContext };
/** One alert: `stage` (default opened), `at`, and any other field of its document by dotted name. */
type Expected = Readonly<Record<string, JsonValue>>;
export type Case = {
  readonly name: string;
  readonly start?: string;
  readonly context?: CaseContext;
  readonly events: readonly CaseEvent[];
  readonly expect: readonly Expected[];
};
export type CaseFile = { readonly base?: Base; readonly with?: readonly string[]; readonly cases: readonly Case[] };
export type RuleText = { readonly path: string; readonly text: string };

const START = '2026-11-20T08:00:00Z';

/** The alerts of one case, through the product's own stages; `restart` saves and restores the state after every record. */
export function alertsOf(rules: readonly RuleText[], { base = {} }: CaseFile, one: Case, restart = false): readonly JsonObject[] {
  const ruleset = rulesetOf(rules, merge((base.context ?? {}) as JsonValue, (one.context ?? {}) as JsonValue) as CaseContext);
  const records = one.events.flatMap((event) => recordsOf(event, base, one)).map((record, n) => ({ ...record, offset: BigInt(n) }));
  const normalizer = createNormalizer(base.format === undefined ? {} : { format: base.format });
  const ingest = createIngest({
    matcher: createMatcher(ruleset.detections),
    byteMatcher: createByteMatcher(ruleset.detections, DEFAULT_LIMITS),
    fieldsNeeded: fieldsNeeded(ruleset),
    decode: DEFAULT_LIMITS,
    confirm: createConfirm(ruleset),
    exceptionsOf: createExceptions(ruleset.exceptions, ruleset.byId),
  });
  const lateness = createLateness(tryParseDuration('7d') ?? 0n);
  let correlator = createCorrelator(ruleset);
  const firings: Firing[] = [];
  for (const record of records) {
    const { matches, deadLetters } = ingest([record], normalizer, lateness);
    if (deadLetters.length > 0) throw new Error(`${one.name}: ${deadLetters.map(({ detail }) => detail).join('; ')}`);
    for (const match of matches) firings.push(...correlator.apply({ kind: 'match', match }));
    if (restart) correlator = restoreCorrelator(ruleset, DEFAULT_CORRELATE_OPTIONS, correlator.snapshot());
  }
  firings.push(...correlator.apply({ kind: 'end' }));
  return firings.flatMap((firing) => documentOf(firing, ruleset));
}

function documentOf(firing: Firing, ruleset: Ruleset): readonly JsonObject[] {
  const context = { tenant: 'test', engineVersion: '0', rulesetDigest: ruleset.digest };
  const alert = alertDocument(firing, ruleset.byId.get(firing.rule) as Rule, context);
  return alert === undefined ? [] : [alert.document];
}

/** What does not fit between the alerts and those that were expected, in words; empty if all is well. */
export function misfits(alerts: readonly JsonObject[], one: Case): readonly string[] {
  const opened = alerts.filter((alert) => get(alert, 'wardline.alert.stage') === 'opened');
  const rest = [...opened];
  const found: string[] = [];
  for (const expected of one.expect) {
    const at = rest.findIndex((alert) => Object.entries(expected).every(([name, value]) => fits(alert, name, value, one)));
    if (at < 0) found.push(`expected ${JSON.stringify(expected)}`);
    else rest.splice(at, 1);
  }
  return [...found, ...rest.map((alert) => `not expected ${summary(alert)}`)];
}

function fits(alert: JsonObject, name: string, value: JsonValue, one: Case): boolean {
  if (name === 'at') return alert['@timestamp'] === isoTime(startOf(one) + duration(String(value)));
  const got = get(alert, name === 'kind' || name === 'severity' || name === 'count' ? `wardline.alert.${name}` : name);
  return (
    JSON.stringify(got) === JSON.stringify(value) ||
    (Array.isArray(got) && got.some((item) => JSON.stringify(item) === JSON.stringify(value)))
  );
}

function summary(alert: JsonObject): string {
  const { policy, event } = (alert['wardline'] ?? {}) as JsonObject;
  const parts = { rule: get(alert, 'rule.id'), at: alert['@timestamp'], policy, event, decision: get(alert, 'wardline.alert.decision') };
  return JSON.stringify(parts);
}

function rulesetOf(rules: readonly RuleText[], context: CaseContext): Ruleset {
  const stores = Object.entries(context).map(([store, records]) => ({
    path: `context/${store}.json`,
    text: JSON.stringify({
      kind: 'Context',
      store,
      records: Object.entries(records).flatMap(([key, data]) => (data === null ? [] : [recordOf(key, data)])),
    }),
  }));
  const { ruleset, problems } = loadRules([...rules, ...stores]);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(problemText).join('\n'));
  return ruleset;
}

/** `from`, `until` and `reported_at` of a record stand beside its data. */
function recordOf(key: string, { from, until, reported_at, ...data }: JsonObject): object {
  return {
    key,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(reported_at === undefined ? {} : { reported_at }),
    data,
  };
}

const startOf = (one: Case): bigint => parseIsoTime(one.start ?? START)?.time ?? 0n;

function duration(text: string): bigint {
  const ms = /^(\d+)ms$/.exec(text)?.[1];
  if (ms !== undefined) return BigInt(ms) * 1_000_000n;
  if (text === '0s') return 0n;
  const found = tryParseDuration(text);
  if (found === undefined) throw new Error(`"${text}" is no duration`);
  return found;
}

function recordsOf(event: CaseEvent, base: Base, one: Case): readonly Omit<RawRecord, 'offset'>[] {
  const { count = 1, every = '0s' } = event.repeat ?? {};
  return Array.from({ length: count }, (_, n) => {
    const time = startOf(one) + duration(event.at) + BigInt(n) * duration(every);
    const document =
      event.event === undefined && event.ecs === undefined && base.event !== undefined
        ? base.event
        : event.event !== undefined
          ? merge(base.event ?? {}, event.event)
          : {
              '@timestamp': isoTime(time),
              ecs: { version: '9.4.0' },
              ...(merge(nested(base.ecs ?? {}), nested(event.ecs ?? {})) as JsonObject),
            };
    const text = JSON.stringify(document).replaceAll(
      /\$\{at(?:\+(\d+)ms)?(:nanos)?\}/g,
      (_whole, plus: string | undefined, nanos: string | undefined) => {
        const shifted = time + BigInt(plus ?? 0) * 1_000_000n;
        return nanos === undefined ? isoTime(shifted) : String(shifted);
      },
    );
    return { source: 'test', partition: 0, appendedAt: Number(time / 1_000_000n), bytes: Buffer.from(text), headers: new Map() };
  });
}

/** Dotted keys as nested objects, so that both forms merge. */
function nested(value: JsonObject): JsonObject {
  const root: Record<string, JsonValue> = {};
  for (const [key, inner] of Object.entries(value)) {
    const keys = key.split('.');
    const leaf = isObject(inner) ? nested(inner) : inner;
    const wrapped = keys.slice(1).reduceRight<JsonValue>((below, name) => ({ [name]: below }), leaf);
    const head = keys[0] as string;
    root[head] = root[head] === undefined ? wrapped : merge(root[head] as JsonValue, wrapped);
  }
  return root;
}

/** Objects are merged, everything else is replaced; null takes a key away. */
function merge(under: JsonValue, over: JsonValue): JsonValue {
  if (!isObject(under) || !isObject(over)) return over;
  const out: Record<string, JsonValue> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete out[key];
    else out[key] = out[key] === undefined ? value : merge(out[key] as JsonValue, value);
  }
  return out;
}
