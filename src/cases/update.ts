import { isNode, isSeq, parseDocument, stringify, type YAMLSeq } from 'yaml';
import type { Case } from '../rule/cases/schema.ts';
import type { Ruleset } from '../rule/load.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { pairUp } from './compare.ts';
import { LISTS, type ListName, type Result, seenIn, shown } from './seen.ts';

/** A list of a case as it would have to be for the case to hold. */
export type Update = { readonly n: number; readonly list: ListName; readonly items: readonly JsonObject[] };

/**
 * The lists of the nth case of its file that are otherwise than what came out. What is met is kept as it is written; what
 * is not keeps the names that were asked for, with the values that are there.
 */
export function updatesOf(n: number, one: Case, result: Result, ruleset: Pick<Ruleset, 'byId'>): readonly Update[] {
  // What an event that was not read would have come to, nobody knows.
  if (result.deadLetters.length > 0) return [];
  return LISTS.flatMap((list) => {
    const expected = one[list] as readonly JsonObject[] | undefined;
    if (expected === undefined) return [];
    const { pairs, rest } = pairUp(expected, seenIn(list, result, one, ruleset), one);
    if (rest.length === 0 && pairs.every(({ met }) => met)) return [];
    const kept = pairs.flatMap(({ expected: wanted, seen, met }) =>
      met ? [wanted] : seen === undefined ? [] : [shown(seen, Object.keys(wanted))],
    );
    return [{ n, list, items: [...kept, ...rest.map((seen) => shown(seen, seen.written))].map(firstNames) }];
  });
}

/** A rule that is known by its id and its name is written by its name. */
const firstNames = (item: JsonObject): JsonObject =>
  Array.isArray(item['rule']) ? { ...item, rule: (item['rule'] as readonly JsonValue[]).at(-1) as JsonValue } : item;

export type Rewritten = {
  readonly text: string;
  readonly changes: readonly { readonly update: Update; readonly before: string; readonly after: string }[];
};

/** The text of a file of cases with these lists in place of those that stand there; everything else stays as it is written. */
export function rewritten(text: string, updates: readonly Update[]): Rewritten {
  const document = parseDocument(text, { schema: 'failsafe' });
  const places = updates.flatMap((update) => {
    const node = document.getIn(['cases', update.n, update.list], true);
    return isSeq(node) ? [{ update, node, range: rangeOf(node) }] : [];
  });
  let out = text;
  const changes: Rewritten['changes'][number][] = [];
  // From the end, so that the places before stay where they are.
  for (const { update, node, range } of places.sort((a, b) => b.range[0] - a.range[0])) {
    const [start, end] = range;
    const before = text.slice(start, end);
    const after = itemsText(update.items, node.flow === true ? undefined : columnOf(text, start));
    changes.unshift({ update, before, after });
    out = out.slice(0, start) + after + out.slice(end);
  }
  return { text: out, changes };
}

/** Where a list stands, from its first item or bracket to its last; a comment after it stays. */
function rangeOf(node: YAMLSeq): readonly [number, number] {
  const [start, end] = node.range ?? [0, 0];
  const last = node.items.at(-1);
  return [start, node.flow === true || !isNode(last) ? end : (last.range?.[1] ?? end)];
}

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);

/** In brackets, or one a line at this column. */
function itemsText(items: readonly JsonObject[], column: number | undefined): string {
  if (column === undefined || items.length === 0) return `[${items.map(flow).join(', ')}]`;
  return items.map((item) => `- ${flow(item)}`).join(`\n${' '.repeat(column)}`);
}

const flow = (item: JsonObject): string =>
  stringify(item, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trimEnd();
