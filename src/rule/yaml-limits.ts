import { isAlias, isPair, isScalar, isSeq, isMap as isYamlMap, type Node, type Pair, type Document as YamlDocument } from 'yaml';

export const MAX_FILE_BYTES = 1024 * 1024;
export const MAX_DEPTH = 64;

/** What the text itself may open before the parser, which recurses, is let near it. */
const MAX_OPEN = 8 * MAX_DEPTH;

/** Offset where brackets, indentation or markers of one line nest too deep, or -1. */
export function tooDeep(text: string): number {
  const brackets = openBrackets(text);
  if (brackets >= 0) return brackets;
  const markers = /^(?:[ \t]*[-?:][ \t]+){65,}/m.exec(text);
  return markers === null ? openIndents(text) : markers.index;
}

function openBrackets(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) {
      if (++depth > MAX_OPEN) return i;
    } else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--;
  }
  return -1;
}

/** Ever deeper lines; text in a block may look like them, so the limit lies far above that of real nesting. */
function openIndents(text: string): number {
  const open: number[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const stop = end < 0 ? text.length : end;
    let first = from;
    while (first < stop && text.charCodeAt(first) === 0x20) first++;
    if (first < stop && text[first] !== '#' && text[first] !== '\r') {
      while (open.length > 0 && (open.at(-1) as number) >= first - from) open.pop();
      if (open.push(first - from) > MAX_OPEN) return first;
    }
    from = stop + 1;
  }
  return -1;
}

export type Fault = { readonly offset: number; readonly code: string; readonly message: string };

/** Anchors, aliases, tags, merge keys, repeated keys, nesting: everything that makes a file mean other than it shows. */
export function faultsOf(document: YamlDocument.Parsed, lineOf: (offset: number) => number): readonly Fault[] {
  const faults: Fault[] = [];
  const stack: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, depth } = top;
    if (isPair(node)) {
      const fault = keyFault(node);
      if (fault !== undefined) faults.push(fault);
      stack.push({ node: node.key, depth }, { node: node.value, depth });
    } else if (node !== null && typeof node === 'object') {
      const fault = nodeFault(node as Node, depth);
      if (fault !== undefined) faults.push(fault);
      else if (isYamlMap(node) || isSeq(node)) for (const item of node.items) stack.push({ node: item, depth: depth + 1 });
      if (isYamlMap(node)) faults.push(...repeatedKeys(node.items, lineOf));
    }
  }
  return faults;
}

function keyFault({ key }: Pair): Fault | undefined {
  const offset = offsetOf(key as Node);
  if (isYamlMap(key) || isSeq(key)) return { offset, code: 'yaml/syntax', message: 'a key is a text, not a list or map' };
  if (!isScalar(key) || key.value !== '<<' || key.type !== 'PLAIN') return undefined;
  return { offset, code: 'yaml/merge-key', message: 'merge keys are not read; write the keys out' };
}

/** Compared as text, each once: the parser's own check compares every key with every other. */
function repeatedKeys(pairs: readonly Pair[], lineOf: (offset: number) => number): readonly Fault[] {
  const seen = new Map<string, number>();
  return pairs.flatMap(({ key }) => {
    const text = keyText(key);
    const offset = offsetOf(key as Node);
    const before = seen.get(text);
    seen.set(text, before ?? offset);
    return before === undefined
      ? []
      : [{ offset, code: 'yaml/duplicate-key', message: `the key ${JSON.stringify(text)} stands already in line ${lineOf(before)}` }];
  });
}

function nodeFault(node: Node, depth: number): Fault | undefined {
  const offset = offsetOf(node);
  if (isAlias(node)) return { offset, code: 'yaml/alias', message: 'aliases are not read; write the value out' };
  if ((isScalar(node) || isYamlMap(node) || isSeq(node)) && node.anchor !== undefined)
    return { offset, code: 'yaml/anchor', message: 'anchors are not read; write the value out' };
  if (node.tag !== undefined) return { offset, code: 'yaml/tag', message: `the tag ${node.tag} is not read` };
  if (depth > MAX_DEPTH) return { offset, code: 'yaml/too-deep', message: `nested deeper than ${MAX_DEPTH} levels` };
  return undefined;
}

export const offsetOf = (node: Node | null): number => node?.range?.[0] ?? 0;

export function keyText(key: unknown): string {
  if (!isScalar(key)) return String(key);
  return key.type === 'PLAIN' ? (key.source ?? String(key.value)) : String(key.value);
}
