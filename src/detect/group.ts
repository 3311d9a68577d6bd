import { createAccessor } from '../event/accessor.ts';
import type { Route } from '../event/event.ts';
import type { FieldSource } from '../event/field-source.ts';
import type { Expr } from '../rule/ir/expr.ts';
import type { Detection } from '../rule/ir/rule.ts';
import { fold } from '../shared/fold.ts';
import type { JsonObject } from '../shared/json.ts';
import { type ByteGroup, createByteGroup } from './bytes/byte-group.ts';
import { createByteIndex } from './bytes/byte-index.ts';
import type { ByteLine } from './bytes/byte-line.ts';
import { createByteCompiler } from './bytes/byte-program.ts';
import { ByteView } from './bytes/byte-view.ts';
import { withoutDashes } from './dashes.ts';
import { createFieldIndex, type FieldIndex } from './literal-index.ts';
import { type Entry, type Indexes, KEYWORDS, type Member, type Plan, planOf, type SampleTexts, type SlotOf } from './plan.ts';
import { foldKnown, labelFor } from './routing.ts';
import { ObjectView, type Texts } from './view.ts';

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
    const known = foldKnown(expr, route.known);
    // Bytes are searched for all texts at once; one text after the other, a pattern is cheaper.
    const folded = line === undefined ? known : withoutDashes(known);
    if (folded.op === 'constant' && !folded.value) return;
    // Programs are compiled when they are needed first, but a line is read for all their fields from the start.
    for (const field of fieldsOf(folded)) slotOf(field, label);
    members.push({ rule, expr: folded, label });
  });
  const replan: Group['replan'] = (samples, form) => {
    const texts = createSampleTexts(view, samples);
    const plan = planOf(members, { slotOf, samples: texts });
    if (byteView === undefined || form === 'text')
      plan.text = indexesOf(plan.literals, (entries, slot) => createFieldIndex(entries, texts(slot)));
    else {
      plan.bytes = bytesOf(plan, byteView, texts);
    }
    return plan;
  };
  return {
    view,
    byteView,
    rules: Int32Array.from(members, ({ rule }) => rule),
    // A first guess; the choice that is worth some time comes with samples.
    plan: planOf(members, { slotOf, samples: () => [], rounds: 1 }),
    samples: [],
    stamp: new Int32Array(members.length),
    candidates: new Int32Array(members.length),
    generation: 0,
    replan,
  };
}

/** Indexes over folded text. */
export function textIndexes(plan: Plan): Indexes<FieldIndex> {
  plan.text ??= indexesOf(plan.literals, (entries) => createFieldIndex(entries, []));
  return plan.text;
}

/** The plan in the machine that reads the bytes of JSON values. */
export function byteGroup({ plan }: Group, view: ByteView): ByteGroup {
  plan.bytes ??= bytesOf(plan, view, () => []);
  return plan.bytes;
}

function bytesOf(plan: Plan, view: ByteView, texts: SampleTexts): ByteGroup {
  const compiler = createByteCompiler(view);
  return createByteGroup(view, {
    members: plan.rest.length,
    always: plan.always,
    indexes: indexesOf(plan.literals, (entries, slot) => createByteIndex(view.machine, entries, texts(slot))),
    compiler,
    program: (member) => compiler.compile(plan.rest[member] as Expr, plan.slotsOf(member)),
  });
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

/** Every field an expression reads, as often as it does. */
export function* fieldsOf(expr: Expr): Iterable<string> {
  if (expr.op === 'and' || expr.op === 'or') for (const member of expr.of) yield* fieldsOf(member);
  else if (expr.op === 'not') yield* fieldsOf(expr.of);
  else if (expr.op !== 'constant') {
    if (expr.field !== null) yield expr.field;
    if (expr.op === 'fieldref') yield expr.other;
    if (expr.op === 'json' && expr.other !== undefined) yield expr.other.field;
  }
}

function createSlots(view: ObjectView, byteView: ByteView | undefined, route: Route): SlotOf {
  const slots = new Map<string, number>();
  /** Rules ask for the same names over and over; what a name means for a label is worked out once. */
  const byName = new Map<string, number>();
  return (field, label) => {
    const name = label === undefined ? field : `${field}\u0000${route.labels.indexOf(label)}`;
    const known = byName.get(name);
    if (known !== undefined) return known;
    const source = route.source(field, label);
    const key = sourceKey(source) ?? `\u0000${name}`;
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = view.addSlot(createAccessor(source));
      byteView?.addSlot(source);
      slots.set(key, slot);
    }
    byName.set(name, slot);
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
