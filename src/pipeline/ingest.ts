import type { Lateness } from '../correlate/lateness.ts';
import { type DecodeOptions, decode } from '../decode/decode.ts';
import { FORM_HEADER } from '../decode/forms.ts';
import { scanJson } from '../decode/json-guard.ts';
import { traceContextOf } from '../decode/trace-context.ts';
import type { ByteMatcher } from '../detect/bytes/byte-matcher.ts';
import type { Confirm } from '../detect/confirm.ts';
import type { ExceptionsOf, Held } from '../detect/exceptions.ts';
import { createExplainer } from '../detect/explain.ts';
import type { FiltersOf } from '../detect/filters.ts';
import { fullScan, sameRules } from '../detect/full-scan.ts';
import type { Match } from '../detect/match.ts';
import { addMatch } from '../detect/match-buffer.ts';
import { createMatchBuffer, type Matcher } from '../detect/matcher.ts';
import { LEFT_OUT_FIELD } from '../enrich/indicators.ts';
import type { DeadLetter } from '../event/dead-letter.ts';
import type { Event, Route } from '../event/event.ts';
import type { RawRecord } from '../event/raw-record.ts';
import type { Nanos } from '../event/time.ts';
import type { BatchCounts, ExceptedMatch } from '../evidence/observation.ts';
import { createTally } from '../evidence/tally.ts';
import type { Normalizer } from '../normalize/normalizer.ts';
import type { Redaction, Redactor } from '../normalize/redact.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import { newBag } from '../shared/bag.ts';
import { messageOf } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';

/** What one batch of records became; `counts` accounts for every record of it. */
export type Ingested = {
  readonly matches: readonly Match[];
  /** What exceptions did to matches, hidden ones included. */
  readonly excepted: readonly ExceptedMatch[];
  readonly deadLetters: readonly DeadLetter[];
  /** Events that a full scan of all rules decided a second time; where it said otherwise they have the tag of `DIFFERS`. */
  readonly checked: number;
  readonly counts: BatchCounts;
};

/** Tag of an event that the matcher and a full scan of the rules decided differently: an error of Wardline. */
export const DIFFERS = 'matchers_differ';

/** One record of so many, by its offset, so that a replay checks the same ones. */
const CHECK_EVERY = 10_000n;

export type IngestDeps = {
  readonly matcher: Matcher;
  /** The same detections on undecoded bytes, in the same order. */
  readonly byteMatcher: ByteMatcher;
  readonly fieldsNeeded: ReadonlyMap<RuleId, readonly string[]>;
  readonly decode: DecodeOptions;
  readonly confirm: Confirm;
  readonly exceptionsOf: ExceptionsOf;
  /** Where the matcher is asked rules without their filters: what their filters say. */
  readonly filtersOf?: FiltersOf | undefined;
  /** Undefined: nothing is redacted. */
  readonly redactor?: Redactor | undefined;
};

/**
 * The stateless stage: bytes to matches. Pure but for the lateness of the source partition, which is passed in.
 * A record that breaks a reader is a dead letter like any other: one record never ends the process.
 */
export function createIngest({
  matcher,
  byteMatcher,
  fieldsNeeded,
  decode: options,
  confirm,
  exceptionsOf,
  filtersOf,
  redactor,
}: IngestDeps) {
  const found = createMatchBuffer();
  const explain = createExplainer();

  /** What was found for an event, as matches, and what exceptions did to them. */
  const matchesOf = (event: Event, record: RawRecord, lateness: Match['lateness'], out: Match[], excepted: ExceptedMatch[]): void => {
    if (found.count === 0) return;
    // Detections stand in the order of their priorities.
    if (found.count > 1) found.rules.subarray(0, found.count).sort();
    let document: JsonObject | undefined;
    let redaction: Redaction | undefined;
    const ecs = (): JsonObject => {
      document ??= event.toEcs();
      return document;
    };
    for (let i = 0; i < found.count; i++) {
      const asked = matcher.detections[found.rules[i] ?? -1];
      if (asked === undefined) continue;
      const { detection, heldBackBy } = filtersOf?.(asked, event) ?? { detection: asked, heldBackBy: [] };
      const kept = { rule: detection.id, detection: detection.id, time: event.time, origin: event.origin };
      for (const exception of heldBackBy) excepted.push({ exception, effect: 'filter', ...kept });
      if (heldBackBy.length > 0) continue;
      const confirmed = confirm(detection, event, ecs);
      if (confirmed === undefined) continue;
      const held = exceptionsOf(detection.id, event);
      for (const { exception, rule, effect } of held)
        excepted.push({ exception, rule, effect, detection: detection.id, time: event.time, origin: event.origin });
      if (held.some(({ effect, rule }) => effect === 'suppress' && rule === detection.id)) continue;
      const fields = project(event, confirmed, fieldsNeeded.get(detection.id) ?? []);
      const { origin, time } = event;
      // A policy explains itself in its verdict.
      const trail = detection.alerts && detection.policy === undefined ? { trail: explain(detection, event) } : {};
      // Rules have seen the event as it is; from here on only what may leave goes on, into state, alerts and evidence.
      redaction ??= redactor?.of(event);
      const shown =
        redaction === undefined
          ? { fields, ecs: confirmed, ...trail }
          : { ecs: redaction.document(confirmed), fields: redaction.fields(fields), ...redaction.value(trail) };
      out.push({ rule: detection.id, origin, time, appendedAt: record.appendedAt, lateness, ...shown, ...exceptedParts(held) });
    }
  };

  return (records: readonly RawRecord[], normalizer: Normalizer, lateness: Lateness): Ingested => {
    const matches: Match[] = [];
    const excepted: ExceptedMatch[] = [];
    const deadLetters: DeadLetter[] = [];
    let checked = 0;
    const tally = createTally();

    /** Counts an event; its lateness. */
    const observe = (time: Nanos, tags: readonly string[], format: string, { appendedAt }: RawRecord): Match['lateness'] => {
      tally.event(time, format);
      for (let i = 0; i < tags.length; i++) tally.tag(tags[i] as string);
      if (format === 'text') tally.unparsed();
      const judged = lateness.observe(time, appendedAt);
      if (judged.lateness !== 'in_time') tally.late();
      return judged.lateness;
    };
    const take = (event: Event, record: RawRecord): void => {
      const judged = observe(event.time, event.tags, event.route.format, record);
      const before = matches.length;
      const hiddenBefore = excepted.length;
      matchesOf(event, record, judged, matches, excepted);
      // The rule held: it counts as a match, whatever an exception made of it.
      for (const { effect, rule, detection } of excepted.slice(hiddenBefore))
        if (effect === 'suppress' && rule === detection) tally.match(rule, event.time);
      for (let i = before; i < matches.length; i++) tally.match((matches[i] as Match).rule, event.time);
      if (matches.length > before && event.field(LEFT_OUT_FIELD) !== undefined) tally.tag('indicators_left_out');
    };
    const bury = (letter: DeadLetter): void => {
      deadLetters.push(redactor?.letter(letter) ?? letter);
      tally.deadLetter(letter.reason);
    };

    /** A full scan decides once more, and is believed. */
    const recheck = (record: RawRecord, route: Route): void => {
      checked++;
      const events = decode(record, options).documents.map((document) => normalizer.normalize(record, document));
      if (events.length !== 1) tally.tag(DIFFERS);
      for (const event of events) {
        const wanted = fullScan(matcher.detections, event);
        if (event.route !== route || !sameRules(found, wanted)) tally.tag(DIFFERS);
        found.count = 0;
        for (const rule of wanted) addMatch(found, rule);
        take(event, record);
      }
    };

    /** Most events match nothing: they are decided on their bytes and never become documents. False: decoding decides. */
    const passes = (record: RawRecord): boolean => {
      // What the source or the headers know of a record is not in its bytes.
      if (
        record.bytes === null ||
        mayBeTooWide(record.bytes, options) ||
        record.headers.has(FORM_HEADER) ||
        traceContextOf(record.headers) !== undefined
      )
        return false;
      found.count = 0;
      const route = byteMatcher.match(record.bytes, normalizer.decisions, found);
      if (route === undefined) return false;
      if (record.offset % CHECK_EVERY === 0n) recheck(record, route);
      else if (found.count === 0) {
        const { time, tags } = byteMatcher.time(normalizer.decisions, record.appendedAt);
        observe(time, tags, route.format, record);
      } else for (const document of decode(record, options).documents) take(normalizer.normalize(record, document), record);
      return true;
    };
    const read = (record: RawRecord): void => {
      const decoded = decode(record, options);
      for (const letter of decoded.deadLetters) bury(letter);
      for (let i = 0; i < decoded.discarded; i++) tally.discarded();
      for (const document of decoded.documents) {
        const event = normalizer.normalize(record, document);
        found.count = 0;
        matcher.match(event, found);
        take(event, record);
      }
    };

    for (const record of records) {
      tally.record(record.offset, record.appendedAt);
      try {
        if (!passes(record)) read(record);
      } catch (error) {
        bury({ record, reason: 'crash', detail: messageOf(error), at: undefined });
      }
    }
    return { matches, excepted, deadLetters, checked, counts: tally.counts() };
  };
}

/** Fewer bytes than `"":0,` for each key hold no object of so many: what may be one is for the decoder, which tells of it. */
function mayBeTooWide(bytes: Uint8Array, { maxDepth, maxKeys }: DecodeOptions): boolean {
  return bytes.length > 5 * maxKeys && scanJson(bytes, maxDepth, maxKeys).tooWideAt >= 0;
}

/** What a match that goes on carries of the exceptions that hold for it. */
function exceptedParts(held: readonly Held[]): Pick<Match, 'exceptions' | 'hiddenFrom'> {
  if (held.length === 0) return {};
  return {
    exceptions: held.filter(({ effect }) => effect !== 'suppress'),
    hiddenFrom: held.filter(({ effect }) => effect === 'suppress').map(({ rule }) => rule),
  };
}

function project(event: Event, ecs: JsonObject, names: readonly string[]): Record<string, JsonValue> {
  const fields = newBag<JsonValue>();
  for (const name of names) {
    const value = event.field(name) ?? pathIn(ecs, name);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

/** Fields that a confirmation added to the document (policy verdicts) are not in the event itself. */
function pathIn(document: JsonObject, name: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}
