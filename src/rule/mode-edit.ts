import { isMap, LineCounter, type Node, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';
import { isMap as isPlainMap, type PlainMap } from './document.ts';
import { readDocuments } from './yaml.ts';
import { keyText } from './yaml-limits.ts';

type Entry = { readonly name: string; readonly pair: Pair<Node, Node | null> };
type Splice = { readonly from: number; readonly to: number; readonly text: string };

/**
 * The text of a rule file in which the rule at a line (from 1) speaks (`alert`), or is counted and tells nobody (`shadow`);
 * all else stays as it is written. Undefined: there is no such rule, or it is written so that the place cannot be told.
 */
export function withMode(
  { path, text }: { readonly path: string; readonly text: string },
  line: number,
  mode: 'alert' | 'shadow',
): string | undefined {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { schema: 'failsafe', lineCounter: lines });
  const documents = Array.isArray(parsed) ? parsed : [];
  const at = documents.findIndex(({ contents }) => isMap(contents) && lines.linePos(contents.range?.[0] ?? 0).line === line);
  const root = documents[at]?.contents;
  const before = readDocuments({ path, text }).documents[at]?.value;
  if (!isMap(root) || !isPlainMap(before)) return undefined;
  const quote = path.endsWith('.json') ? '"' : '';
  const splices = before['kind'] === 'ZeroTrustPolicy' ? policyMode(root, mode, text, quote) : ruleMode(root, mode, text, quote);
  const next = splices
    .toSorted((a, b) => b.from - a.from)
    .reduce((all, { from, to, text: more }) => all.slice(0, from) + more + all.slice(to), text);
  // Whatever the text looks like: nothing but the mode may have changed.
  const wanted = before['kind'] === 'ZeroTrustPolicy' ? { ...before, mode } : ruleWithMode(before, mode);
  const after = readDocuments({ path, text: next });
  return after.problems.length === 0 && sameValue(after.documents[at]?.value, wanted) ? next : undefined;
}

function ruleWithMode({ wardline, ...rest }: PlainMap, mode: 'alert' | 'shadow'): PlainMap {
  const { mode: _mode, of: _of, ...others } = isPlainMap(wardline) ? wardline : {};
  const now = mode === 'shadow' ? { ...others, mode } : others;
  return Object.keys(now).length === 0 ? rest : { ...rest, wardline: now };
}

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint'
    ? `${value}n`
    : isPlainMap(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a, sorted) === JSON.stringify(b, sorted);

const entriesOf = (map: YAMLMap): readonly Entry[] => map.items.map((pair) => ({ name: keyText(pair.key), pair: pair as Entry['pair'] }));

function policyMode(root: YAMLMap, mode: string, text: string, quote: string): readonly Splice[] {
  const value = entriesOf(root).find(({ name }) => name === 'mode')?.pair.value;
  if (value?.range) return [{ from: value.range[0], to: value.range[1], text: `${quote}${mode}${quote}` }];
  return [inserted(root, `${quote}mode${quote}: ${quote}${mode}${quote}`, text)];
}

function ruleMode(root: YAMLMap, mode: 'alert' | 'shadow', text: string, quote: string): readonly Splice[] {
  const wardline = entriesOf(root).find(({ name }) => name === 'wardline');
  const map = wardline?.pair.value;
  const written = `${quote}mode${quote}: ${quote}shadow${quote}`;
  if (wardline === undefined || !isMap(map))
    return mode === 'alert' ? [] : [inserted(root, `${quote}wardline${quote}: { ${written} }`, text)];
  const entries = entriesOf(map);
  const gone = entries.filter(({ name }) => name === 'mode' || name === 'of');
  if (mode === 'shadow') {
    const own = gone.find(({ name }) => name === 'mode')?.pair.value;
    return own?.range ? [{ from: own.range[0], to: own.range[1], text: `${quote}shadow${quote}` }] : [insertedFirst(map, written, text)];
  }
  return gone.length === entries.length ? removed(root, [wardline], text) : removed(map, gone, text);
}

const startOf = ({ pair }: Entry): number => pair.key.range?.[0] ?? 0;
const endOf = ({ pair }: Entry): number => pair.value?.range?.[1] ?? pair.key.range?.[1] ?? 0;
const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;
const lineEnd = (text: string, at: number): number => (text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at));

/** Entries taken out: in brackets with their commas, else with their lines. */
function removed(map: YAMLMap, gone: readonly Entry[], text: string): readonly Splice[] {
  const goes = ({ pair }: Entry): boolean => gone.some((one) => one.pair === pair);
  const entries = entriesOf(map);
  return entries.flatMap((entry, n): readonly Splice[] => {
    if (!goes(entry)) return [];
    if (map.flow !== true) {
      const end = text.slice(0, endOf(entry)).trimEnd().length;
      return [{ from: lineStart(text, startOf(entry)), to: Math.min(text.length, lineEnd(text, end) + 1), text: '' }];
    }
    const before = entries[n - 1];
    // One cut for entries that stand together.
    if (before !== undefined && goes(before)) return [];
    const following = entries.slice(n).find((one) => !goes(one));
    if (following !== undefined) return [{ from: startOf(entry), to: startOf(following), text: '' }];
    return [{ from: before === undefined ? startOf(entry) : endOf(before), to: endOf(entries.at(-1) ?? entry), text: '' }];
  });
}

/** Before the first entry. */
function insertedFirst(map: YAMLMap, entry: string, text: string): Splice {
  const [first] = entriesOf(map);
  const from = first === undefined ? (map.range?.[0] ?? 0) + 1 : startOf(first);
  const between = map.flow === true ? (first === undefined ? '' : ', ') : `\n${' '.repeat(from - lineStart(text, from))}`;
  return { from, to: from, text: `${entry}${between}` };
}

/** At the end of a document, or in brackets before the first entry. */
function inserted(root: YAMLMap, entry: string, text: string): Splice {
  if (root.flow === true) return insertedFirst(root, entry, text);
  const last = entriesOf(root).at(-1);
  const end = lineEnd(text, text.slice(0, last === undefined ? 0 : endOf(last)).trimEnd().length);
  return { from: end, to: end, text: `\n${entry}` };
}
