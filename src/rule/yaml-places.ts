import { isScalar, isSeq, isMap as isYamlMap, type Node, type Pair, type YAMLMap } from 'yaml';
import type { DocumentPath } from './problem.ts';
import { keyText, offsetOf } from './yaml-limits.ts';

/** Where the parts of one document stand in the text of its file, as offsets. */
export type NodePlaces = {
  /** Offset of the key or value at a path, or of the nearest part above; `at` counts code points into the scalar. */
  readonly offset: (path: DocumentPath, what: 'key' | 'value', at: number | undefined) => number;
  readonly scalar: (path: DocumentPath) => { readonly text: string; readonly quoted: boolean } | undefined;
};

export function createPlaces(text: string, root: Node): NodePlaces {
  const indexes = new Map<YAMLMap, ReadonlyMap<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string): Pair | undefined => {
    let index = indexes.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((pair) => [keyText(pair.key), pair]));
      indexes.set(map, index);
    }
    return index.get(key);
  };

  /** The node at a path, or the deepest one above it that exists; `exact` tells which. */
  const find = (path: DocumentPath, what: 'key' | 'value'): { node: Node; exact: boolean } => {
    let node = root;
    for (const [i, part] of path.entries()) {
      if (isYamlMap(node)) {
        const pair = pairOf(node, String(part));
        if (pair === undefined) return { node, exact: false };
        const { key, value } = pair as { key: Node; value: Node | null };
        if (value === null) return { node: key, exact: false };
        if (what === 'key' && i === path.length - 1) return { node: key, exact: true };
        node = value;
      } else if (isSeq(node) && typeof part === 'number' && node.items[part] !== undefined) node = node.items[part] as Node;
      else return { node, exact: false };
    }
    return { node, exact: true };
  };

  return {
    offset(path, what, at) {
      const { node } = find(path, what);
      return at === undefined ? offsetOf(node) : offsetInside(text, node, at);
    },
    scalar(path) {
      const { node, exact } = find(path, 'value');
      if (!exact || !isScalar(node)) return undefined;
      return node.type === 'PLAIN' ? { text: node.source ?? '', quoted: false } : { text: String(node.value), quoted: true };
    },
  };
}

/** Code points into a scalar's value, as an offset in the file; exact for plain and simply quoted text on one line. */
function offsetInside(text: string, node: Node, at: number): number {
  const start = offsetOf(node);
  const quote = text[start] === "'" || text[start] === '"' ? 1 : 0;
  const block = text[start] === '|' || text[start] === '>' ? Math.max(0, text.indexOf('\n', start) + 1 - start) : 0;
  const rest = text.slice(start + quote + block, node.range?.[2]);
  const lead = block > 0 ? rest.length - rest.trimStart().length : 0;
  return start + quote + block + lead + [...rest.slice(lead)].slice(0, at).join('').length;
}
