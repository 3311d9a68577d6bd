import type { Expr, Predicate } from '../../rule/ir/expr.ts';
import { fold } from '../../shared/fold.ts';
import { leadingFlags } from '../../shared/regex.ts';
import { exactAnchor, isAscii, isPlain } from '../anchors.ts';
import { ipv4Range } from '../networks.ts';
import { compileProgram, type Program, regexProgram, type SlotOf } from '../program.ts';
import { regexLiterals } from '../regex-literals.ts';
import { createByteIndex } from './byte-index.ts';
import type { ByteView } from './byte-view.ts';
import { writeNeedle, writeWords } from './literal-tables.ts';

/** Operations of assembly/programs.ts. */
const OPERATION = {
  ask: 0,
  null: 1,
  exists: 2,
  present: 3,
  equals: 4,
  prefix: 5,
  suffix: 6,
  contains: 7,
  inOrder: 8,
  mayMatch: 9,
  any: 10,
  number: 11,
  same: 12,
  network: 13,
  network6: 14,
  beyondAscii: 15,
} as const;
const COMPARISONS = ['eq', 'lt', 'lte', 'gt', 'gte'] as const;

/** Rows that are answers. */
export const HOLDS = 1;
export const FAILS = 2;

/** Words of a row that the caller goes on by. */
export const [IF_TRUE, IF_FALSE] = [3, 4] as const;

/** A search for all at once beats one for each from so many predicates on a field on. */
const SET_FROM = 4;

type Row = { readonly operation: keyof typeof OPERATION; readonly slot?: number; readonly argument?: number; readonly more?: number };
type TextPredicate = Extract<Predicate, { readonly op: 'text' }>;
type NumberPredicate = Extract<Predicate, { readonly op: 'number' }>;

/** Expressions as tables of questions in the machine, and the programs that answer what bytes do not say. */
export type ByteCompiler = {
  /** The first row of an expression. */
  compile(expr: Expr, slotOf: SlotOf): number;
  /** Answers the question of a row by text. */
  answer(row: number): boolean;
};

export function createByteCompiler(view: ByteView): ByteCompiler {
  const { machine } = view;
  const sources = new Map<number, () => Program>();
  const programs = new Map<number, Program>();

  const write = ({ operation, slot, argument = 0, more = 0 }: Row, yes: number, no: number, byText: () => Program): number => {
    const at = slot === undefined ? 0 : view.slotAddress(slot);
    const row = writeWords(machine, [OPERATION[operation], at, argument, yes, no, more]);
    sources.set(row, byText);
    return row;
  };

  const index = (entries: Parameters<typeof createByteIndex>[1]): number =>
    writeWords(machine, [createByteIndex(machine, entries, []).at, machine.scratch]);

  const rowOf = (predicate: Predicate, slotOf: SlotOf): Row => {
    if (predicate.field === null) return { operation: 'ask' };
    const slot = slotOf(predicate.field);
    switch (predicate.op) {
      case 'null':
      case 'exists':
      case 'present':
        return { operation: predicate.op, slot };
      case 'text': {
        // Looked for by itself, a text of backslashes is met where it begins or nowhere, so that bytes say it exactly.
        const exact = exactAnchor(predicate, isAscii);
        if (exact !== undefined && exact.kind !== 'number') return { operation: exact.kind, slot, ...needle(exact.text) };
        // An empty text, which no index looks for.
        if (predicate.pattern.length === 0) return { operation: 'equals', slot, ...needle('') };
        return globRow(predicate, slot);
      }
      case 'boolean':
        return { operation: 'equals', slot, ...needle(String(predicate.value)) };
      case 'number': {
        const { value, compare } = predicate;
        if (typeof value !== 'number' || (value | 0) !== value) return { operation: 'ask' };
        return { operation: 'number', slot, argument: value, more: COMPARISONS.indexOf(compare) };
      }
      case 'cidr': {
        const range = ipv4Range(predicate.network);
        return range === undefined
          ? { operation: 'network6', slot }
          : { operation: 'network', slot, argument: range.first, more: range.mask };
      }
      case 'regex': {
        // A set with a text that bytes do not show says nothing here; the others do.
        const sets = regexLiterals(leadingFlags(predicate.pattern).body).filter((set) => set.every(isPlain));
        return sets.length === 0 ? { operation: 'ask' } : { operation: 'mayMatch', slot, argument: writeSets(sets) };
      }
      case 'fieldref':
        if (predicate.how !== 'equals' || predicate.cased) return { operation: 'ask' };
        return { operation: 'same', slot, argument: view.slotAddress(slotOf(predicate.other)) };
      default:
        return { operation: 'ask' };
    }
  };
  /** Its literals, each after the one before, which is all it says if anything may come between, before and after them. */
  const globRow = ({ pattern, cased }: TextPredicate, slot: number): Row => {
    const texts = pattern.filter((token): token is string => typeof token === 'string').map(fold);
    // A text that is no ASCII once it is folded stands in no value that is.
    if (texts.some((text) => text !== '' && !isAscii(text))) return { operation: 'beyondAscii', slot };
    const readable = texts.filter(isPlain);
    if (readable.length === 0) return { operation: 'ask' };
    const isAll =
      !cased && readable.length === texts.length && pattern.every((token, i) => typeof token === (i % 2 === 0 ? 'object' : 'string'));
    const loose = isAll && pattern.length % 2 === 1 && pattern.every((token) => typeof token === 'string' || token.wildcard === 'any');
    return { operation: loose ? 'inOrder' : 'mayMatch', slot, argument: writeSets(readable.map((text) => [text])) };
  };
  const needle = (text: string): { readonly argument: number; readonly more: number } => {
    const [argument, more] = writeNeedle(machine, text);
    return { argument, more };
  };
  const writeSets = (sets: readonly (readonly string[])[]): number =>
    writeWords(machine, [sets.length, ...sets.flatMap((set) => [set.length, ...set.flatMap((text) => writeNeedle(machine, text))])]);

  const emit = (expr: Expr, yes: number, no: number, slotOf: SlotOf): number => {
    switch (expr.op) {
      case 'constant':
        return expr.value ? yes : no;
      case 'not':
        return emit(expr.of, no, yes, slotOf);
      case 'and':
        return inOrder(expr.of).reduceRight((next, member) => emit(member, next, no, slotOf), yes);
      case 'or':
        return emitOr(expr.of, yes, no, slotOf);
      case 'regex':
        return write(rowOf(expr, slotOf), yes, no, () => regexProgram(expr, slotOf));
      default:
        return write(rowOf(expr, slotOf), yes, no, () => compileProgram(expr, { slotOf }));
    }
  };

  const emitOr = (members: readonly Expr[], yes: number, no: number, slotOf: SlotOf): number => {
    const sets = [
      ...setsOf(members, isText).map((set) => ({ set, entries: set.map((one) => exactAnchor(one)) })),
      ...setsOf(members, isNumber).map((set) => ({
        set,
        entries: set.map(({ value }) => ({ kind: 'number' as const, text: String(value) })),
      })),
    ];
    const inSets = new Set<Expr>(sets.flatMap(({ set }) => [...set]));
    const rest = inOrder(members.filter((member) => !inSets.has(member))).reduceRight(
      (next, member) => emit(member, yes, next, slotOf),
      no,
    );
    return sets.reduceRight((next, { set, entries }) => {
      const rules = Int32Array.of(0);
      const argument = index(entries.filter((entry) => entry !== undefined).map(({ kind, text }) => ({ kind, text, rules })));
      const slot = slotOf((set[0] as TextPredicate).field as string);
      return write({ operation: 'any', slot, argument }, yes, next, () => compileProgram({ op: 'or', of: set }, { slotOf }));
    }, rest);
  };

  return {
    compile: (expr, slotOf) => emit(expr, HOLDS, FAILS, slotOf),
    answer(row) {
      let program = programs.get(row);
      if (program === undefined) programs.set(row, (program = (sources.get(row) as () => Program)()));
      return program(view);
    },
  };
}

const isText = (expr: Expr): expr is TextPredicate => expr.op === 'text' && exactAnchor(expr) !== undefined;
const isNumber = (expr: Expr): expr is NumberPredicate =>
  expr.op === 'number' && expr.field !== null && expr.compare === 'eq' && Number.isSafeInteger(expr.value);

/** Predicates on one field that are asked all at once. */
const setsOf = <P extends Predicate>(members: readonly Expr[], belongs: (expr: Expr) => expr is P): readonly (readonly P[])[] =>
  [...Map.groupBy(members.filter(belongs), ({ field }) => field).values()].filter((set) => set.length >= SET_FROM);

/** What costs little first, what needs a text last: most candidates are refuted before it. */
const inOrder = (members: readonly Expr[]): readonly Expr[] =>
  members
    .map((member) => ({ member, effort: effortOf(member) }))
    .sort((a, b) => a.effort - b.effort)
    .map(({ member }) => member);

function effortOf(expr: Expr): number {
  switch (expr.op) {
    case 'and':
    case 'or':
      return expr.of.reduce((most, member) => Math.max(most, effortOf(member)), 0);
    case 'not':
      return effortOf(expr.of);
    case 'constant':
    case 'null':
    case 'exists':
    case 'present':
      return 0;
    case 'number':
    case 'boolean':
      return 1;
    case 'text': {
      if (expr.field === null) return KEYWORDS_EFFORT;
      const exact = exactAnchor(expr, isAscii);
      return exact === undefined ? TEXT_EFFORT : exact.kind === 'contains' ? 2 : 1;
    }
    case 'fieldref':
    case 'cidr':
      return 3;
    case 'regex':
      return expr.field === null ? KEYWORDS_EFFORT : REGEX_EFFORT;
    default:
      return TEXT_EFFORT;
  }
}

const [TEXT_EFFORT, REGEX_EFFORT, KEYWORDS_EFFORT] = [4, 5, 6];
