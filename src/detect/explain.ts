import { createAccessor } from '../event/accessor.ts';
import type { Event, Route } from '../event/event.ts';
import type { Expr, Predicate, TextPattern } from '../rule/ir/expr.ts';
import type { Detection } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Step } from './match.ts';
import { compileProgram, type Program } from './program.ts';
import { labelFor } from './routing.ts';
import { ObjectView } from './view.ts';

/** Steps told of one match; a rule with hundreds of exclusions is not written out. */
export const MAX_STEPS = 20;
const MAX_TEXT = 256;
const MAX_ITEMS = 8;

/** A compiled tree whose every node can be asked alone. */
export type Node =
  | { readonly op: 'and' | 'or'; readonly holds: Program; readonly of: readonly Node[] }
  | { readonly op: 'not'; readonly holds: Program; readonly of: Node }
  | { readonly op: 'leaf'; readonly holds: Program; readonly predicate: Predicate | undefined; readonly slot: number | undefined };

export type CompiledTree = { readonly view: ObjectView; readonly root: Node };

/**
 * Says why a detection holds for an event: the questions whose answers are enough to make it true, with what was expected
 * and what was found. Of alternatives the first that holds is told; of what must not be, each part.
 */
export function createExplainer(): (detection: Detection, event: Event) => readonly Step[] {
  const byRoute = new WeakMap<Route, Map<string, CompiledTree>>();
  return (detection, event) => {
    let compiled = byRoute.get(event.route);
    if (compiled === undefined) byRoute.set(event.route, (compiled = new Map()));
    const key = `${detection.logicDigest} ${detection.id}`;
    let known = compiled.get(key);
    if (known === undefined) compiled.set(key, (known = compileTree(detection, event.route)));
    const steps: Step[] = [];
    known.view.begin(event.document);
    prove(known.root, true, known.view, steps);
    return steps;
  };
}

export function compileTree({ expr, logsource }: Pick<Detection, 'expr' | 'logsource'>, route: Route): CompiledTree {
  const view = new ObjectView();
  const label = labelFor(logsource, route) ?? undefined;
  const slots = new Map<string, number>();
  const slotOf = (field: string): number => {
    const known = slots.get(field);
    if (known !== undefined) return known;
    const slot = view.addSlot(createAccessor(route.source(field, label)));
    slots.set(field, slot);
    return slot;
  };
  const nodeOf = (one: Expr): Node => {
    const holds = compileProgram(one, { slotOf });
    if (one.op === 'and' || one.op === 'or') return { op: one.op, holds, of: one.of.map(nodeOf) };
    if (one.op === 'not') return { op: 'not', holds, of: nodeOf(one.of) };
    if (one.op === 'constant') return { op: 'leaf', holds, predicate: undefined, slot: undefined };
    return { op: 'leaf', holds, predicate: one, slot: one.field === null ? undefined : slotOf(one.field) };
  };
  return { view, root: nodeOf(expr) };
}

function prove(node: Node, want: boolean, view: ObjectView, out: Step[]): void {
  if (out.length >= MAX_STEPS) return;
  if (node.op === 'leaf') {
    if (node.predicate !== undefined) out.push(stepOf(node.predicate, want, node.slot === undefined ? undefined : view.raw(node.slot)));
  } else if (node.op === 'not') prove(node.of, !want, view, out);
  else if ((node.op === 'and') === want) for (const one of node.of) prove(one, want, view, out);
  else {
    const first = node.of.find((one) => one.holds(view) === want);
    if (first !== undefined) prove(first, want, view, out);
  }
}

/** One step as it is told; `observed` is undefined for keywords, which have no one value. */
export function stepOf(predicate: Predicate, want: boolean, observed: JsonValue | undefined): Step {
  const [how, expected] = question(predicate);
  const field = predicate.field ?? 'any value';
  return { condition: `${want ? '' : 'not '}${field} ${how}`, expected, observed: bounded(observed) };
}

export function question(predicate: Predicate): readonly [how: string, expected: JsonValue] {
  switch (predicate.op) {
    case 'text':
      return predicate.cased ? casedQuestion(predicate.pattern) : textQuestion(predicate.pattern);
    case 'regex':
      return [['matches', ...(predicate.flags === '' ? [] : [`(${[...predicate.flags].join(', ')})`])].join(' '), cut(predicate.pattern)];
    case 'number':
      return [predicate.compare, typeof predicate.value === 'bigint' ? String(predicate.value) : predicate.value];
    case 'boolean':
      return ['is', predicate.value];
    case 'null':
      return ['is missing or null', null];
    case 'exists':
      return ['exists', true];
    case 'present':
      return ['is present', true];
    case 'cidr':
      return ['is in', predicate.network];
    case 'fieldref':
      return [`${predicate.how} the field${predicate.cased ? ' (cased)' : ''}`, predicate.other];
    case 'time':
      return [`${predicate.part} ${predicate.compare}`, predicate.value];
    case 'json':
      return [predicate.operator, bounded(predicate.value)];
  }
}

function casedQuestion(pattern: TextPattern): readonly [how: string, expected: string] {
  const [how, expected] = textQuestion(pattern);
  return [`${how} (cased)`, expected];
}

function textQuestion(pattern: TextPattern): readonly [how: string, expected: string] {
  const texts = pattern.filter((token) => typeof token === 'string');
  const any = (token: TextPattern[number] | undefined): boolean => typeof token === 'object' && token.wildcard === 'any';
  const [text = ''] = texts;
  const outer = [any(pattern[0]), any(pattern.at(-1))];
  if (pattern.length <= 1 && !outer[0]) return typeof pattern[0] === 'object' ? ['like', written(pattern)] : ['equals', cut(text)];
  if (texts.length === 1 && pattern.length === 2 && outer[0]) return ['ends with', cut(text)];
  if (texts.length === 1 && pattern.length === 2 && outer[1]) return ['starts with', cut(text)];
  if (texts.length === 1 && pattern.length === 3 && outer[0] && outer[1]) return ['contains', cut(text)];
  return ['like', written(pattern)];
}

const SIGNS = { any: '*', one: '?', dash: '-' } as const;
const written = (pattern: TextPattern): string =>
  cut(pattern.map((token) => (typeof token === 'string' ? token : SIGNS[token.wildcard])).join(''));

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text).toWellFormed();

/** A value as it is told: long text is cut, long lists are, and objects are their text. */
export function bounded(value: JsonValue | undefined): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value))
    return value.slice(0, MAX_ITEMS).map((item) => (typeof item === 'object' ? cut(JSON.stringify(item)) : bounded(item)));
  return cut(JSON.stringify(value));
}
