import { createAccessor } from '../event/accessor.ts';
import type { Route, RouteLabel } from '../event/event.ts';
import type { FieldSource } from '../event/field-source.ts';
import type { Expr } from '../rule/ir/expr.ts';
import type { Detection } from '../rule/ir/rule.ts';
import { fold } from '../shared/fold.ts';
import type { JsonObject } from '../shared/json.ts';
import { type Anchor, coverOf, type Rate, without } from './anchors.ts';
import { type ByteIndex, createByteIndex } from './bytes/byte-index.ts';
import type { ByteLine } from './bytes/byte-line.ts';
import { ByteView } from './bytes/byte-view.ts';
import { createFieldIndex, type Entry, type FieldIndex } from './literal-index.ts';
import { compileProgram, type Program } from './program.ts';
import { foldKnown, labelFor } from './routing.ts';
import { ObjectView, type Texts } from './view.ts';

/** A rule of a group: its place in the matcher's detections, what is left to ask, and the label it came in by. */
type Member = {
  readonly rule: number;
  readonly expr: Detection['expr'];
  readonly label: RouteLabel | undefined;
};

/** What is asked first of every event: the literals of each field, and the members that no literal stands for. */
type Plan = {
  readonly always: Int32Array;
  /** Per member what is to be asked once it was brought up, and its program, compiled when that happens first. */
  readonly rest: readonly Expr[];
  readonly programs: (Program | undefined)[];
  readonly compile: (rule: number) => Program;
  readonly literals: ReadonlyMap<number, readonly Entry[]>;
  /** Indexes over text and over bytes, each built when the engine that reads it comes by. */
  text: Indexes<FieldIndex> | undefined;
  bytes: Indexes<ByteIndex> | undefined;
};

export type Indexes<I> = { readonly fields: readonly { readonly slot: number; readonly index: I }[]; readonly keywords: I | undefined };

/** The rules that can hold for events of one route, compiled for it. */
export type Group = {
  readonly view: ObjectView;
  /** The same slots on the bytes of a line; undefined if no line is read as bytes. */
  readonly byteView: ByteView | undefined;
  /** Places in the matcher's detections, by place in the group. */
  readonly rules: Int32Array;
  plan: Plan;
  /** Events kept until there are enough to choose anchors by; then undefined. */
  samples: JsonObject[] | undefined;
  /** Candidates of the current event, each once. */
  readonly stamp: Int32Array;
  readonly candidates: Int32Array;
  generation: number;
  readonly replan: (samples: readonly JsonObject[], form: 'text' | 'bytes') => Plan;
};

/** Events looked at before anchors are chosen a second time, by how often they are met. Plans never change results. */
export const SAMPLES = 48;
/** Sample texts are cut: where a literal stands in the rest of a long text changes the choice little. */
const SAMPLE_CHARACTERS = 4096;

export function compileGroup(detections: readonly Detection[], route: Route, line?: ByteLine): Group {
  const view = new ObjectView();
  const byteView = line === undefined ? undefined : new ByteView(line);
  const slotOf = createSlots(view, byteView, route);
  const members: Member[] = [];
  detections.forEach(({ logsource, expr }, rule) => {
    const label = labelFor(logsource, route);
    if (label === null) return;
    const folded = foldKnown(expr, route.known);
    if (folded.op === 'constant' && !folded.value) return;
    // Programs are compiled when they are needed first, but a line is read for all their fields from the start.
    for (const field of fieldsOf(folded)) slotOf(field, label);
    members.push({ rule, expr: folded, label });
  });
  const replan: Group['replan'] = (samples, form) => {
    const texts = createSampleTexts(view, samples);
    const plan = planOf(members, slotOf, texts);
    if (form === 'text') plan.text = indexesOf(plan.literals, (entries, slot) => createFieldIndex(entries, texts(slot)));
    else plan.bytes = indexesOf(plan.literals, (entries, slot) => createByteIndex(entries, texts(slot)));
    return plan;
  };
  return {
    view,
    byteView,
    rules: Int32Array.from(members, ({ rule }) => rule),
    plan: planOf(members, slotOf, () => []),
    samples: [],
    stamp: new Int32Array(members.length),
    candidates: new Int32Array(members.length),
    generation: 0,
    replan,
  };
}

function* fieldsOf(expr: Expr): Iterable<string> {
  if (expr.op === 'and' || expr.op === 'or') for (const member of expr.of) yield* fieldsOf(member);
  else if (expr.op === 'not') yield* fieldsOf(expr.of);
  else if (expr.op !== 'constant') {
    if (expr.field !== null) yield expr.field;
    if (expr.op === 'fieldref') yield expr.other;
    if (expr.op === 'json' && expr.other !== undefined) yield expr.other.field;
  }
}

/** What decides a rule that was brought up, or one that no literal stands for. */
export function programOf(plan: Plan, rule: number): Program {
  return plan.programs[rule] ?? plan.compile(rule);
}

type SlotOf = (field: string, label: RouteLabel | undefined) => number;

/** Indexes over folded text. */
export function textIndexes(plan: Plan): Indexes<FieldIndex> {
  plan.text ??= indexesOf(plan.literals, (entries) => createFieldIndex(entries, []));
  return plan.text;
}

/** Indexes over the bytes of JSON values. */
export function byteIndexes(plan: Plan): Indexes<ByteIndex> {
  plan.bytes ??= indexesOf(plan.literals, (entries) => createByteIndex(entries, []));
  return plan.bytes;
}

function indexesOf<I>(literals: Plan['literals'], create: (entries: readonly Entry[], slot: number) => I): Indexes<I> {
  const fields: { slot: number; index: I }[] = [];
  let keywords: I | undefined;
  for (const [slot, entries] of literals) {
    if (slot === KEYWORDS) keywords = create(entries, slot);
    else fields.push({ slot, index: create(entries, slot) });
  }
  return { fields, keywords };
}

function createSlots(view: ObjectView, byteView: ByteView | undefined, route: Route): SlotOf {
  const slots = new Map<string, number>();
  return (field, label) => {
    const source = route.source(field, label);
    const key = sourceKey(source) ?? `${field}\u0000${label === undefined ? '' : route.labels.indexOf(label)}`;
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = view.addSlot(createAccessor(source));
      byteView?.addSlot(source);
      slots.set(key, slot);
    }
    return slot;
  };
}

/** Equal keys read equal values; sources with functions in them have none. */
function sourceKey(source: FieldSource): string | undefined {
  if (source.kind === 'path') return source.keys.join('\u0001');
  if (source.kind !== 'first-of') return undefined;
  const keys = source.sources.map(sourceKey);
  return keys.every((key) => key !== undefined) ? keys.join('\u0002') : undefined;
}

const KEYWORDS = -1;

type SampleTexts = (slot: number) => readonly string[];

function planOf(members: readonly Member[], slotOf: SlotOf, texts: SampleTexts): Plan {
  const always: number[] = [];
  const rest: Expr[] = [];
  const bySlot = new Map<number, Map<string, { anchor: Anchor; rules: Set<number> }>>();
  members.forEach(({ expr, label }, i) => {
    const place = (field: string | null): number => (field === null ? KEYWORDS : slotOf(field, label));
    const cover = coverOf(expr, rateOf(texts, place));
    rest.push(without(expr, cover?.decides));
    if (cover === undefined) {
      always.push(i);
      return;
    }
    for (const anchor of cover.anchors) {
      const slot = place(anchor.field);
      let anchors = bySlot.get(slot);
      if (anchors === undefined) bySlot.set(slot, (anchors = new Map()));
      const key = `${anchor.kind}\u0000${anchor.text}`;
      const known = anchors.get(key);
      if (known === undefined) anchors.set(key, { anchor, rules: new Set([i]) });
      else known.rules.add(i);
    }
  });
  const literals = new Map(
    [...bySlot].map(([slot, anchors]) => [
      slot,
      [...anchors.values()].map(({ anchor, rules }): Entry => ({ kind: anchor.kind, text: anchor.text, rules: Int32Array.from(rules) })),
    ]),
  );
  const programs: Plan['programs'] = members.map(() => undefined);
  const compile = (i: number): Program => {
    const { label } = members[i] as Member;
    const program = compileProgram(rest[i] as Expr, (field) => slotOf(field, label));
    programs[i] = program;
    return program;
  };
  return { always: Int32Array.from(always), rest, programs, compile, literals, text: undefined, bytes: undefined };
}

/** Folded texts of a slot in the samples, read when asked for. */
function createSampleTexts(view: ObjectView, samples: readonly JsonObject[]): SampleTexts {
  const memo = new Map<number, readonly string[]>();
  return (slot) => {
    let texts = memo.get(slot);
    if (texts === undefined) {
      texts = samples.map((document) => {
        view.begin(document);
        const found: Texts = slot === KEYWORDS ? view.keywords().map(fold).join('\n') : view.low(slot);
        return (typeof found === 'string' ? found : (found?.join('\n') ?? '')).slice(0, SAMPLE_CHARACTERS);
      });
      memo.set(slot, texts);
    }
    return texts;
  };
}

const TESTS: Readonly<Record<Anchor['kind'], (text: string, literal: string) => boolean>> = {
  equals: (text, literal) => text === literal,
  prefix: (text, literal) => text.startsWith(literal),
  suffix: (text, literal) => text.endsWith(literal),
  contains: (text, literal) => text.includes(literal),
  number: (text, literal) => text === literal,
};
/** Before there are samples: how much likelier a loose kind is to be met. */
const LOOSENESS: Readonly<Record<Anchor['kind'], number>> = { equals: 0.2, number: 0.2, suffix: 0.6, prefix: 1, contains: 1 };

function rateOf(texts: SampleTexts, place: (field: string | null) => number): Rate {
  return ({ field, kind, text }) => {
    const samples = texts(place(field));
    const guess =
      (0.02 * LOOSENESS[kind]) / (text.length + 1) + (kind === 'contains' && text.length < 3 ? 0.05 : 0) + (field === null ? 0.001 : 0);
    if (samples.length === 0) return guess;
    const test = TESTS[kind];
    return samples.reduce((hits, sample) => hits + (test(sample, text) ? 1 : 0), 0) / samples.length + guess / 10;
  };
}
