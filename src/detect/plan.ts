import type { RouteLabel } from '../event/event.ts';
import type { Expr } from '../rule/ir/expr.ts';
import { type Anchor, type Cover, coverOf, without } from './anchors.ts';
import type { ByteGroup } from './bytes/byte-group.ts';
import type { FieldIndex } from './literal-index.ts';
import { compileProgram, type SlotOf as FieldSlots, type Program } from './program.ts';

/** A rule of a group: its place in the matcher's detections, what is left to ask, and the label it came in by. */
export type Member = { readonly rule: number; readonly expr: Expr; readonly label: RouteLabel | undefined };

/** Anchors with the rules they stand for. */
export type Entry = { readonly kind: Anchor['kind']; readonly text: string; readonly rules: Int32Array };

export type Indexes<I> = { readonly fields: readonly { readonly slot: number; readonly index: I }[]; readonly keywords: I | undefined };

/** What is asked first of every event: the literals of each field, and the members that no literal stands for. */
export type Plan = {
  readonly always: Int32Array;
  /** What is left to ask of a member that was brought up, and the slots of its fields. */
  readonly rest: readonly Expr[];
  readonly slotsOf: (member: number) => FieldSlots;
  /** The same as programs over texts, compiled when a member is brought up first. */
  readonly programs: (Program | undefined)[];
  readonly literals: ReadonlyMap<number, readonly Entry[]>;
  /** Indexes over text and over bytes, each built when the engine that reads it comes by. */
  text: Indexes<FieldIndex> | undefined;
  bytes: ByteGroup | undefined;
};

/** What decides a member that was brought up, or one that no literal stands for. */
export function programOf(plan: Plan, member: number): Program {
  return (plan.programs[member] ??= compileProgram(plan.rest[member] as Expr, { slotOf: plan.slotsOf(member) }));
}

export type SlotOf = (field: string, label: RouteLabel | undefined) => number;

/** Folded texts of a slot in sample events; of all values for `KEYWORDS`. */
export type SampleTexts = (slot: number) => readonly string[];

/** The slot of anchors that ask every value. */
export const KEYWORDS = -1;

export type Planning = {
  readonly slotOf: SlotOf;
  readonly samples: SampleTexts;
  readonly rounds?: number;
};

/** Rounds of choosing: members move to indexes that others pay for as well. */
const ROUNDS = 3;

/**
 * Chooses the anchors of every member so that all of it together is cheap: how often an anchor is met (each time, a member
 * is evaluated), and what looking for its kind in its field costs, shared by the members that look there.
 */
export function planOf(members: readonly Member[], { slotOf, samples: texts, rounds = ROUNDS }: Planning): Plan {
  const prices = createPrices(texts);
  const place = (field: string | null, label: RouteLabel | undefined): number => (field === null ? KEYWORDS : slotOf(field, label));
  let covers: readonly (Cover | undefined)[] = [];
  let users = new Map<number, number>();
  for (let round = 0; round < rounds; round++) {
    covers = members.map(({ expr, label }) =>
      coverOf(expr, (anchor) => {
        const slot = place(anchor.field, label);
        return prices.met(slot, anchor) + prices.look(slot, anchor) / (users.get(classOf(slot, anchor)) ?? (round === 0 ? SHARED : 1));
      }),
    );
    users = new Map();
    covers.forEach((cover, i) => {
      const classes = new Set(cover?.anchors.map((anchor) => classOf(place(anchor.field, members[i]?.label), anchor)));
      for (const one of classes) users.set(one, (users.get(one) ?? 0) + 1);
    });
  }
  const rest = members.map(({ expr }, i) => without(expr, covers[i]?.decides));
  const slotsOf: Plan['slotsOf'] = (i) => (field) => slotOf(field, members[i]?.label);
  const always = Int32Array.from([...covers.keys()].filter((i) => covers[i] === undefined));
  const literals = collect(covers, (anchor, i) => place(anchor.field, members[i]?.label));
  return { always, rest, slotsOf, programs: members.map(() => undefined), literals, text: undefined, bytes: undefined };
}

/** Members that share an index, before anything is known. */
const SHARED = 8;

/** Equal anchors of a field are one entry. */
function collect(covers: readonly (Cover | undefined)[], place: (anchor: Anchor, member: number) => number): Plan['literals'] {
  const bySlot = new Map<number, Map<string, { anchor: Anchor; rules: Set<number> }>>();
  covers.forEach((cover, i) => {
    for (const anchor of cover?.anchors ?? []) {
      const slot = place(anchor, i);
      let anchors = bySlot.get(slot);
      if (anchors === undefined) bySlot.set(slot, (anchors = new Map()));
      const key = `${anchor.kind}\u0000${anchor.text}`;
      const known = anchors.get(key);
      if (known === undefined) anchors.set(key, { anchor, rules: new Set([i]) });
      else known.rules.add(i);
    }
  });
  return new Map(
    [...bySlot].map(([slot, anchors]) => [
      slot,
      [...anchors.values()].map(({ anchor, rules }): Entry => ({ kind: anchor.kind, text: anchor.text, rules: Int32Array.from(rules) })),
    ]),
  );
}

/** Anchors that are looked for together: one field, one structure of `createByteIndex`. */
const classOf = (slot: number, anchor: Anchor): number => (slot + 1) * STRUCTURES.length + STRUCTURES.indexOf(structureOf(anchor));

type Structure = Exclude<Anchor['kind'], 'contains'> | 'long' | 'middle' | 'four' | 'short';

function structureOf({ kind, text }: Anchor): Structure {
  if (kind !== 'contains') return kind;
  return text.length >= 7 ? 'long' : text.length >= 5 ? 'middle' : text.length === 4 ? 'four' : 'short';
}

const STRUCTURES: readonly Structure[] = ['equals', 'number', 'prefix', 'suffix', 'long', 'middle', 'four', 'short'];

/** What looking for a structure costs, in nanoseconds: per value, and per byte of it (bench group sigma). */
const LOOK: Readonly<Record<Structure, readonly [each: number, byte: number]>> = {
  equals: [8, 0],
  number: [8, 0],
  prefix: [12, 0],
  suffix: [12, 0],
  long: [8, 0.4],
  middle: [8, 0.9],
  four: [8, 1.6],
  short: [8, 2.5],
};
/** What evaluating a member costs; the unit of prices. */
const EVALUATION = 1500;

const TESTS: Readonly<Record<Anchor['kind'], (text: string, literal: string) => boolean>> = {
  equals: (text, literal) => text === literal,
  prefix: (text, literal) => text.startsWith(literal),
  suffix: (text, literal) => text.endsWith(literal),
  contains: (text, literal) => text.includes(literal),
  number: (text, literal) => text === literal,
};
/** Before there are samples: how much likelier a loose kind is to be met, and how long a value is. */
const LOOSENESS: Readonly<Record<Anchor['kind'], number>> = { equals: 0.2, number: 0.2, suffix: 0.6, prefix: 1, contains: 1 };
const USUAL_LENGTH = 80;
const USUAL_LINE = 1000;

/** Prices of anchors in evaluations per event. */
function createPrices(texts: SampleTexts) {
  const met = new Map<number, Map<Anchor, number>>();
  const lengths = new Map<number, number>();

  const lengthOf = (slot: number): number => {
    let length = lengths.get(slot);
    if (length === undefined) {
      const samples = texts(slot);
      const usual = slot === KEYWORDS ? USUAL_LINE : USUAL_LENGTH;
      length = samples.length === 0 ? usual : samples.reduce((sum, text) => sum + text.length, 0) / samples.length;
      lengths.set(slot, length);
    }
    return length;
  };
  const guess = ({ kind, text }: Anchor): number => (0.02 * LOOSENESS[kind]) / (text.length + 1);
  const measure = (slot: number, anchor: Anchor): number => {
    const samples = texts(slot);
    if (samples.length === 0) return guess(anchor);
    const test = TESTS[anchor.kind];
    let hits = 0;
    for (const sample of samples) if (test(sample, anchor.text)) hits++;
    return hits / samples.length + guess(anchor) / 10;
  };

  return {
    /** Share of events that an anchor is met in. */
    met(slot: number, anchor: Anchor): number {
      let rates = met.get(slot);
      if (rates === undefined) met.set(slot, (rates = new Map()));
      let rate = rates.get(anchor);
      if (rate === undefined) rates.set(anchor, (rate = measure(slot, anchor)));
      return rate;
    },
    /** Looking for anything of its structure in its field. */
    look(slot: number, anchor: Anchor): number {
      const [each, byte] = LOOK[structureOf(anchor)];
      return (each + byte * lengthOf(slot)) / EVALUATION;
    },
  };
}
