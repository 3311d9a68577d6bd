import { type Nanos, parseIsoTime } from '../../event/time.ts';
import type { AsOf, AsOfFinding, FieldValues } from '../../rule/ir/rule.ts';
import type { JsonValue } from '../../shared/json.ts';
import { type Decision, type Hit, isEarlierEvent } from '../firing.ts';
import { lowerBound, MIN_TIME } from '../hits.ts';
import { type Kind, NOTHING, type Passage, SETTLED, type Trigger } from '../kind.ts';
import { textsOf } from '../values.ts';

type Own = { settled: Nanos };

/**
 * Every subject against the record that was valid for it: the latest one from `within` before to `skew` after. Decided
 * once no such record can come any more; where a source was silent, that there is none is not known.
 */
export function asOf({ subject, reference, within, skew, findings }: AsOf): Kind<Own> {
  const referenceOf = (hits: readonly Hit[], time: Nanos): Hit | undefined => {
    for (let i = lowerBound(hits, time + skew + 1n) - 1; i >= 0; i--) {
      const hit = hits[i] as Hit;
      if (hit.time < time - within) return undefined;
      if (hit.rule === reference) return hit;
    }
    return undefined;
  };

  function* settle(hits: readonly Hit[], own: Own, passage: Passage): Iterable<Trigger> {
    for (let i = lowerBound(hits, own.settled + 1n); i < hits.length; i++) {
      const { time } = hits[i] as Hit;
      if (time + skew >= passage.watermark) break;
      if (time === own.settled) continue;
      own.settled = time;
      const trigger = judge(hits, i, time, passage);
      if (trigger !== undefined) yield trigger;
    }
  }

  /** Subjects of one instant are judged together; they stand next to each other. */
  const judge = (hits: readonly Hit[], from: number, time: Nanos, { silent }: Passage): Trigger | undefined => {
    const subjects: Hit[] = [];
    for (let i = from; i < hits.length && hits[i]?.time === time; i++) if (hits[i]?.rule === subject) subjects.push(hits[i] as Hit);
    const record = referenceOf(hits, time);
    const found = subjects.flatMap((one) => findings.filter((finding) => holds(finding, one, record, () => isReused(hits, one, record))));
    if (found.length === 0) return undefined;
    const span = { start: time - within, end: time + skew };
    const undecided = record === undefined && silent(span.start, span.end);
    const explain = () => ({
      decision: [...new Set(found)].map((finding) => decisionOf(finding, record)),
      hits: record === undefined ? subjects : [record, ...subjects],
    });
    return { time, ...span, ...(undecided ? { undecided } : {}), explain };
  };

  /** Did a subject before this one have the same record? */
  const isReused = (hits: readonly Hit[], one: Hit, record: Hit | undefined): boolean =>
    hits.some((hit) => hit.rule === subject && isEarlierEvent(hit, one) && referenceOf(hits, hit.time) === record);

  return {
    reach: within + skew,
    settled: true,
    delay: skew,
    initial: () => ({ settled: MIN_TIME }),
    rests: SETTLED,
    inserted: () => NOTHING,
    passed: settle,
    due(hits, own) {
      const next = hits[lowerBound(hits, own.settled + 1n)];
      return next === undefined ? undefined : next.time + skew;
    },
    blank: () => true,
  };
}

function holds(finding: AsOfFinding, subject: Hit, record: Hit | undefined, reused: () => boolean): boolean {
  if (record === undefined) return finding.none === true && hasAll(subject, finding.access);
  if (finding.none === true) return false;
  const { after, expired, older, differs } = finding;
  if (!hasAll(subject, finding.access) || !hasAll(record, finding.record)) return false;
  if (after !== undefined && subject.time <= record.time + after) return false;
  if (expired !== undefined && !isLater(subject.time, instantOf(record, expired))) return false;
  if (older !== undefined) {
    const at = older.field === undefined ? record.time : instantOf(record, older.field);
    if (at === undefined || subject.time - at <= older.than) return false;
  }
  if (differs !== undefined && !differs.some((field) => isOther(subject.values[field], record.values[field]))) return false;
  return finding.reused !== true || reused();
}

const isLater = (time: Nanos, limit: Nanos | undefined): boolean => limit !== undefined && time > limit;

const hasAll = ({ values }: Hit, wanted: FieldValues | undefined): boolean =>
  wanted === undefined || wanted.every(({ field, in: texts }) => textsOf(values[field]).some((text) => texts.includes(text)));

function isOther(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  const [left, right] = [textsOf(a), textsOf(b)];
  return left.length > 0 && right.length > 0 && !left.some((text) => right.includes(text));
}

function instantOf({ values }: Hit, field: string): Nanos | undefined {
  const value = values[field];
  return typeof value === 'string' ? parseIsoTime(value)?.time : undefined;
}

function decisionOf({ id, detector, none, expired, older, record: wanted }: AsOfFinding, record: Hit | undefined): Decision {
  const condition = `${detector} ${id}`;
  if (none === true) return { condition, expected: 'a record', observed: 'none' };
  const field = expired ?? older?.field ?? wanted?.[0]?.field;
  return { condition, expected: 'not so', observed: (field === undefined ? undefined : record?.values[field]) ?? 'so' };
}
