import { SEEN_CHARACTERS } from '../event/tags.ts';
import type { Expr, Predicate } from '../rule/ir/expr.ts';
import { fold } from '../shared/fold.ts';
import { compileRegex, leadingFlags } from '../shared/regex.ts';
import { jsonHolds } from './json-predicate.ts';
import { mayContain } from './long-texts.ts';
import { compileNetwork } from './networks.ts';
import { compareNumbers, timePart } from './reference.ts';
import { regexLiterals } from './regex-literals.ts';
import { type Leaf, leafNumber, leafText } from './scalar.ts';
import { type TextTest, textTest } from './text-test.ts';
import type { Texts, View } from './view.ts';

/** An expression ready to run on a view. */
export type Program = (view: View) => boolean;

/** Slot of a field in the view. */
export type SlotOf = (field: string) => number;

/** What a program is compiled with. */
export type Tools = { readonly slotOf: SlotOf };

/** A set beats a chain of comparisons from this many equalities on. */
const SET_FROM = 4;

/** Compiles to closures over slots; no code is generated. */
export function compileProgram(expr: Expr, tools: Tools): Program {
  switch (expr.op) {
    case 'constant':
      return () => expr.value;
    case 'not': {
      const inner = compileProgram(expr.of, tools);
      return (view) => !inner(view);
    }
    case 'and':
      return compileAnd(expr.of.map((one) => compileProgram(one, tools)));
    case 'or':
      return compileOr(expr.of, tools);
    default:
      return compilePredicate(expr, tools);
  }
}

function compileAnd(programs: readonly Program[]): Program {
  return (view) => {
    for (let i = 0; i < programs.length; i++) if (!(programs[i] as Program)(view)) return false;
    return true;
  };
}

function compileOr(members: readonly Expr[], tools: Tools): Program {
  const { slotOf } = tools;
  const inSets = new Set<Expr>();
  const sets = <P extends Expr & { readonly field: string | null }>(
    belongs: (expr: Expr) => expr is P,
    compile: (slot: number, predicates: readonly P[]) => Program,
  ): readonly Program[] =>
    [...Map.groupBy(members.filter(belongs), ({ field }) => field)]
      .filter(([, predicates]) => predicates.length >= SET_FROM)
      .map(([field, predicates]) => {
        for (const predicate of predicates) inSets.add(predicate);
        return compile(slotOf(field as string), predicates);
      });
  const grouped = [...sets(isEquality, oneOfTexts), ...sets(isNumber, oneOfNumbers)];
  return compileAny([...grouped, ...members.filter((member) => !inSets.has(member)).map((member) => compileProgram(member, tools))]);
}

function compileAny(programs: readonly Program[]): Program {
  return (view) => {
    for (let i = 0; i < programs.length; i++) if ((programs[i] as Program)(view)) return true;
    return false;
  };
}

type Equality = Predicate & { readonly op: 'text'; readonly field: string };

function isEquality(expr: Expr): expr is Equality {
  return expr.op === 'text' && expr.field !== null && !expr.cased && expr.pattern.length === 1 && typeof expr.pattern[0] === 'string';
}

function oneOfTexts(slot: number, predicates: readonly Equality[]): Program {
  const values = new Set(predicates.map(({ pattern }) => fold(pattern[0] as string)));
  return (view) => {
    const low = view.low(slot);
    return typeof low === 'string' ? values.has(low) : (low?.some((text) => values.has(text)) ?? false);
  };
}

type NumberEquality = Predicate & { readonly op: 'number'; readonly field: string };

function isNumber(expr: Expr): expr is NumberEquality {
  return expr.op === 'number' && expr.field !== null && expr.compare === 'eq';
}

/** Numbers and wide integers that are equal by value are one key: the rule side and the event side are written alike. */
function oneOfNumbers(slot: number, predicates: readonly NumberEquality[]): Program {
  const values = new Set(predicates.map(({ value }) => numberKey(value)));
  const holds = (leaf: Leaf): boolean => {
    const number = leafNumber(leaf);
    return number !== undefined && values.has(numberKey(number));
  };
  return anyLeafOf(slot, holds);
}

const numberKey = (value: number | bigint): number | bigint =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;

function anyText(texts: Texts, test: TextTest): boolean {
  if (typeof texts === 'string') return test(texts);
  if (texts === undefined) return false;
  for (let i = 0; i < texts.length; i++) if (test(texts[i] as string)) return true;
  return false;
}

function compilePredicate(predicate: Predicate, { slotOf }: Tools): Program {
  switch (predicate.op) {
    case 'text':
      return compileText(predicate, slotOf);
    case 'regex':
      return compileRegexPredicate(predicate, slotOf);
    case 'fieldref':
      return compileFieldref(predicate, slotOf);
    case 'number': {
      const { compare, value, field } = predicate;
      return anyLeaf(field, slotOf, (leaf) => compareNumbers(leafNumber(leaf), compare, value));
    }
    case 'boolean': {
      const text = String(predicate.value);
      return anyLeaf(
        predicate.field,
        slotOf,
        (leaf) => leaf === predicate.value || (typeof leaf === 'string' && leaf.length === text.length && fold(leaf) === text),
      );
    }
    case 'cidr': {
      const inside = compileNetwork(predicate.network);
      return anyLeaf(predicate.field, slotOf, (leaf) => inside(leafText(leaf)));
    }
    case 'time': {
      const { part, compare, value } = predicate;
      return anyLeaf(predicate.field, slotOf, (leaf) => compareNumbers(timePart(leafText(leaf), part), compare, value));
    }
    case 'null':
    case 'exists':
    case 'present':
      return compileRaw(predicate, slotOf(predicate.field));
    case 'json': {
      const slot = slotOf(predicate.field);
      const other = predicate.other && slotOf(predicate.other.field);
      return (view) => jsonHolds(predicate, view.raw(slot), other === undefined ? undefined : view.raw(other));
    }
  }
}

function compileRaw(predicate: Extract<Predicate, { readonly op: 'null' | 'exists' | 'present' }>, slot: number): Program {
  switch (predicate.op) {
    case 'null':
      return (view) => view.presence(slot) < 2;
    case 'exists':
      return (view) => view.presence(slot) > 0;
    case 'present':
      return (view) => view.presence(slot) === 2;
  }
}

function anyLeaf(field: string | null, slotOf: SlotOf, test: (leaf: Leaf) => boolean): Program {
  if (field === null) return (view) => view.keywordLeaves().some(test);
  return anyLeafOf(slotOf(field), test);
}

function anyLeafOf(slot: number, test: (leaf: Leaf) => boolean): Program {
  return (view) => {
    const value = view.raw(slot);
    if (value === undefined || value === null) return false;
    return typeof value === 'object' ? view.leaves(slot).some(test) : test(value);
  };
}

function compileText({ field, pattern, cased }: Predicate & { readonly op: 'text' }, slotOf: SlotOf): Program {
  const folded = cased ? pattern : pattern.map((token) => (typeof token === 'string' ? fold(token) : token));
  if (field === null) {
    const test = textTest([{ wildcard: 'any' }, ...folded, { wildcard: 'any' }]);
    return cased ? (view) => view.keywords().some(test) : (view) => view.lowKeywords().some(test);
  }
  const slot = slotOf(field);
  const test = textTest(folded);
  return cased ? (view) => anyText(view.text(slot), test) : (view) => anyText(view.low(slot), test);
}

type RegexPredicate = Predicate & { readonly op: 'regex' };

/** The expression alone, where its literals are known to occur or there are none. */
export function regexProgram({ field, pattern, flags }: RegexPredicate, slotOf: SlotOf): Program {
  const regex = compileRegex(pattern, flags);
  const test: TextTest = (text) => regex.test(text.length > SEEN_CHARACTERS ? text.slice(0, SEEN_CHARACTERS) : text);
  if (field === null) return (view) => view.keywords().some(test);
  const slot = slotOf(field);
  return (view) => anyText(view.text(slot), test);
}

function compileRegexPredicate(predicate: RegexPredicate, slotOf: SlotOf): Program {
  const { field, pattern } = predicate;
  const program = regexProgram(predicate, slotOf);
  const literals = field === null ? [] : regexLiterals(leadingFlags(pattern).body);
  if (field === null || literals.length === 0) return program;
  const slot = slotOf(field);
  return (view) => anyText(view.low(slot), (low) => inOrder(literals, low)) && program(view);
}

/** Does one text of each set occur, each after the one before? Sets come in the order in which a match would meet them. */
function inOrder(sets: readonly (readonly string[])[], low: string): boolean {
  let from = 0;
  for (let i = 0; i < sets.length; i++) {
    const set = sets[i] as readonly string[];
    let end = -1;
    for (let j = 0; j < set.length; j++) {
      const literal = set[j] as string;
      const at = mayContain(low, literal) ? low.indexOf(literal, from) : -1;
      if (at >= 0 && (end < 0 || at + literal.length < end)) end = at + literal.length;
    }
    if (end < 0) return false;
    from = end;
  }
  return true;
}

function compileFieldref({ field, other, how, cased }: Predicate & { readonly op: 'fieldref' }, slotOf: SlotOf): Program {
  const [left, right] = [slotOf(field), slotOf(other)];
  const compare = { equals: same, contains, startswith, endswith }[how];
  return (view) => {
    const [a, b] = cased ? [view.text(left), view.text(right)] : [view.low(left), view.low(right)];
    return anyText(a, (x) => anyText(b, (y) => compare(x, y)));
  };
}

const same = (a: string, b: string): boolean => a === b;
const contains = (a: string, b: string): boolean => a.includes(b);
const startswith = (a: string, b: string): boolean => a.startsWith(b);
const endswith = (a: string, b: string): boolean => a.endsWith(b);
