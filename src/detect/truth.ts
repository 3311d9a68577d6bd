import type { Event } from '../event/event.ts';
import type { Predicate } from '../rule/ir/expr.ts';
import type { Detection } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';
import { similarity } from '../shared/similarity.ts';
import { bounded, compileTree, type Node, question } from './explain.ts';
import { labelFor } from './routing.ts';
import type { ObjectView } from './view.ts';

/** What stands in a field. `unfilled`: it is missing, and nothing in the format's tables ever fills it. */
export type FieldState = 'value' | 'missing' | 'unfilled' | 'null' | 'empty';

/** One line of a truth table: a connective, or questions to one field of which one must hold. */
export type TruthRow = {
  readonly depth: number;
  readonly held: boolean;
  readonly condition: string;
  /** What is asked for; of many alternatives the one that comes nearest to what is there. Undefined for a connective. */
  readonly expected?: JsonValue;
  /** How many alternatives there are. */
  readonly alternatives?: number;
  readonly observed?: JsonValue;
  readonly state?: FieldState;
};

export type Truth = {
  /** False: no log source of the event is the rule's, and nothing else was asked. */
  readonly logsource: boolean;
  readonly held: boolean;
  readonly rows: readonly TruthRow[];
  /** Questions whose answer would have to change; 0 where it holds. */
  readonly missing: number;
};

/** The truth table of a detection for one event: every part of its condition, what it asks, and what is there. */
export function truthOf(detection: Detection, event: Event): Truth {
  const label = labelFor(detection.logsource, event.route);
  if (label === null) return { logsource: false, held: false, rows: [], missing: Number.POSITIVE_INFINITY };
  const { view, root } = compileTree(detection, event.route);
  view.begin(event.document);
  const unfilled = (field: string): boolean => event.route.source(field, label).kind === 'path';
  const rows: TruthRow[] = [];
  write(root, 0, view, unfilled, rows);
  return { logsource: true, held: root.holds(view), rows, missing: root.holds(view) ? 0 : toChange(root, true, view) };
}

function write(node: Node, depth: number, view: ObjectView, unfilled: (field: string) => boolean, rows: TruthRow[]): void {
  const held = node.holds(view);
  if (node.op === 'leaf') {
    if (node.predicate === undefined) rows.push({ depth, held, condition: held ? 'always true' : 'never true' });
    else rows.push(leafRow([node], depth, held, view, unfilled));
    return;
  }
  const alike = node.op === 'or' ? sameQuestion(node.of) : undefined;
  if (alike !== undefined) {
    rows.push(leafRow(alike, depth, held, view, unfilled));
    return;
  }
  rows.push({ depth, held, condition: node.op === 'not' ? 'not' : node.op === 'and' ? 'all of' : 'any of' });
  for (const inner of node.op === 'not' ? [node.of] : node.of) write(inner, depth + 1, view, unfilled, rows);
}

type Leaf = Extract<Node, { readonly op: 'leaf' }>;

/** Alternatives that ask one field the same way: one line says them all. */
function sameQuestion(nodes: readonly Node[]): readonly Leaf[] | undefined {
  const leaves = nodes.filter((node): node is Leaf => node.op === 'leaf' && node.predicate !== undefined);
  const how = new Set(leaves.map(({ predicate }) => `${predicate?.field} ${predicate?.op}`));
  return leaves.length === nodes.length && how.size === 1 && leaves.length > 1 ? leaves : undefined;
}

function leafRow(leaves: readonly Leaf[], depth: number, held: boolean, view: ObjectView, unfilled: (field: string) => boolean): TruthRow {
  const slot = leaves[0]?.slot;
  const observed = slot === undefined ? undefined : view.raw(slot);
  const nearest = leaves.find((leaf) => leaf.holds(view)) ?? nearestOf(leaves, observed);
  const predicate = nearest.predicate as Predicate;
  const [how, expected] = question(predicate);
  const field = predicate.field ?? 'any value';
  return {
    depth,
    held,
    condition: `${field} ${how}`,
    expected,
    ...(leaves.length > 1 ? { alternatives: leaves.length } : {}),
    ...(slot === undefined ? {} : { observed: closestValue(observed, expected, held), state: stateOf(observed, field, unfilled) }),
  };
}

function stateOf(observed: JsonValue | undefined, field: string, unfilled: (field: string) => boolean): FieldState {
  if (observed === undefined) return unfilled(field) ? 'unfilled' : 'missing';
  if (observed === null) return 'null';
  return observed === '' || (Array.isArray(observed) && observed.length === 0) ? 'empty' : 'value';
}

const textsOf = (value: JsonValue | undefined): readonly string[] =>
  value === undefined || value === null
    ? []
    : Array.isArray(value)
      ? value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      : [typeof value === 'string' ? value : JSON.stringify(value)];

function nearestOf(leaves: readonly Leaf[], observed: JsonValue | undefined): Leaf {
  const texts = textsOf(observed);
  const score = ({ predicate }: Leaf): number => {
    const expected = String(question(predicate as Predicate)[1]);
    return Math.max(0, ...texts.map((text) => similarity(text, expected)));
  };
  return leaves.map((leaf) => ({ leaf, score: score(leaf) })).reduce((best, one) => (one.score > best.score ? one : best)).leaf;
}

/** Of a list that does not hold, the element that comes nearest. */
function closestValue(observed: JsonValue | undefined, expected: JsonValue, held: boolean): JsonValue {
  if (held || !Array.isArray(observed) || observed.length < 2) return bounded(observed);
  const texts = textsOf(observed);
  const best = texts
    .map((text) => similarity(text, String(expected)))
    .reduce((most, score, i, all) => (score > (all[most] as number) ? i : most), 0);
  return bounded(observed[best] as JsonValue);
}

/** The fewest questions whose answers must change for the node to be `want`. */
function toChange(node: Node, want: boolean, view: ObjectView): number {
  if (node.holds(view) === want) return 0;
  if (node.op === 'leaf') return node.predicate === undefined ? Number.POSITIVE_INFINITY : 1;
  if (node.op === 'not') return toChange(node.of, !want, view);
  const each = node.of.map((one) => toChange(one, want, view));
  return (node.op === 'and') === want ? each.reduce((sum, n) => sum + n, 0) : Math.min(...each);
}
