import { isNode, isSeq, parseDocument, stringify, type YAMLSeq } from 'yaml';
import type { JsonObject } from '../../shared/json.ts';

/** What a list of the nth case of a file is to hold. */
export type ListUpdate = { readonly n: number; readonly list: string; readonly items: readonly JsonObject[] };

/** The text, and what stood in each place. */
export type Rewritten<U extends ListUpdate> = {
  readonly text: string;
  readonly changes: readonly { readonly update: U; readonly before: string; readonly after: string }[];
};

/** The text of a file of cases with these lists in place of those that stand there; everything else stays as it is written. */
export function rewritten<U extends ListUpdate>(text: string, updates: readonly U[]): Rewritten<U> {
  const document = parseDocument(text, { schema: 'failsafe' });
  const places = updates.flatMap((update) => {
    const node = document.getIn(['cases', update.n, update.list], true);
    return isSeq(node) ? [{ update, node, range: rangeOf(node) }] : [];
  });
  let out = text;
  const changes: Rewritten<U>['changes'][number][] = [];
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
