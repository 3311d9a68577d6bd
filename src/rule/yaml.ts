import {
  isAlias,
  isPair,
  isScalar,
  isSeq,
  isMap as isYamlMap,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Document as YamlDocument,
} from 'yaml';
import type { Place } from '../shared/errors.ts';
import type { Plain, SourceDocument } from './document.ts';
import { compareProblems, type DocumentPath, type Problem } from './problem.ts';

/** A file's path as messages name it, and its text. */
export type RuleFile = { readonly path: string; readonly text: string };

export const MAX_FILE_BYTES = 1024 * 1024;
export const MAX_DEPTH = 64;

/**
 * Reads a stream of YAML (or JSON) documents. Aliases, anchors, merge keys, tags and repeated keys are problems; scalars
 * are typed by their source text, so that `0777`, `4.10` and `yes` stay what was written. Never throws.
 */
export function readDocuments(file: RuleFile): { readonly documents: readonly SourceDocument[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => place(file, lines, offset);
  const report = (offset: number, code: string, message: string, path: DocumentPath = []): void => {
    problems.push({ place: placeAt(offset), severity: 'error', code, path, message });
  };
  if (Buffer.byteLength(file.text) > MAX_FILE_BYTES) {
    report(0, 'yaml/too-large', `the file has ${Buffer.byteLength(file.text)} bytes; the limit is ${MAX_FILE_BYTES}`);
    return { documents: [], problems };
  }
  const deep = tooDeep(file.text);
  if (deep >= 0) {
    lines.addNewLine(0);
    for (let i = file.text.indexOf('\n'); i >= 0; i = file.text.indexOf('\n', i + 1)) lines.addNewLine(i + 1);
    report(deep, 'yaml/too-deep', `nested deeper than ${MAX_DEPTH} levels`);
    return { documents: [], problems };
  }
  const parsed = parseAllDocuments(file.text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    merge: false,
    version: '1.2',
    schema: 'core',
  });
  const documents: SourceDocument[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const error of document.errors)
      report(error.pos[0], error.code === 'DUPLICATE_KEY' ? 'yaml/duplicate-key' : 'yaml/syntax', firstLine(error.message));
    if (document.errors.length > 0 || document.contents === null) continue;
    const faults = forbidden(document);
    for (const { offset, code, message } of faults) report(offset, code, message);
    if (faults.length === 0) documents.push(sourceDocument(file, document.contents, placeAt));
  }
  return { documents, problems: problems.sort(compareProblems) };
}

/** Offset where flow nesting or indentation passes the limit, or -1: deep input is refused before the parser recurses into it. */
function tooDeep(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) {
      if (++depth > 8 * MAX_DEPTH) return i;
    } else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--;
  }
  const dashes = /^(?:[ \t]*[-?:][ \t]+){65,}/m.exec(text);
  if (dashes !== null) return dashes.index;
  return -1;
}

type Fault = { readonly offset: number; readonly code: string; readonly message: string };

/** Anchors, aliases, tags, merge keys, nesting: everything that makes a file mean other than it shows. */
function forbidden(document: YamlDocument.Parsed): readonly Fault[] {
  const faults: Fault[] = [];
  const stack: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, depth } = top;
    if (isPair(node)) {
      if (isScalar(node.key) && node.key.value === '<<')
        faults.push({ offset: offsetOf(node.key as Node), code: 'yaml/merge-key', message: 'merge keys are not read; write the keys out' });
      stack.push({ node: node.key, depth }, { node: node.value, depth });
      continue;
    }
    if (node === null || typeof node !== 'object') continue;
    const fault = nodeFault(node as Node, depth);
    if (fault !== undefined) faults.push(fault);
    else if (isYamlMap(node) || isSeq(node)) for (const item of node.items) stack.push({ node: item, depth: depth + 1 });
  }
  return faults;
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

const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

function sourceDocument(file: RuleFile, contents: Node, placeAt: (offset: number) => Place): SourceDocument {
  return {
    file: file.path,
    value: plain(contents),
    placeOf(path, what = 'value', at) {
      const found = nodeAt(contents, path, what);
      return placeAt(at === undefined ? offsetOf(found) : offsetInside(file.text, found, at));
    },
    sourceText(path) {
      const node = nodeAt(contents, path, 'value', true);
      if (node === undefined || !isScalar(node)) return undefined;
      return node.type === 'PLAIN' ? (node.source ?? '') : String(node.value);
    },
  };
}

/** Code points into a scalar's value, as an offset in the file; exact for plain and simply quoted text on one line. */
function offsetInside(text: string, node: Node, at: number): number {
  const start = offsetOf(node);
  const quote = text[start] === "'" || text[start] === '"' ? 1 : 0;
  const block = text[start] === '|' || text[start] === '>' ? Math.max(0, text.indexOf('\n', start) + 1 - start) : 0;
  const rest = text.slice(start + quote + block);
  const lead = block > 0 ? rest.length - rest.trimStart().length : 0;
  return start + quote + block + lead + [...rest.slice(lead)].slice(0, at).join('').length;
}

/** The node at a path, or the deepest one above it that exists; with `exact`, undefined instead. */
function nodeAt(root: Node, path: DocumentPath, what: 'key' | 'value', exact: true): Node | undefined;
function nodeAt(root: Node, path: DocumentPath, what: 'key' | 'value'): Node;
function nodeAt(root: Node, path: DocumentPath, what: 'key' | 'value', exact?: true): Node | undefined {
  let node = root;
  for (const [i, part] of path.entries()) {
    const last = i === path.length - 1;
    if (isYamlMap(node)) {
      const pair = node.items.find(({ key }) => keyText(key) === String(part));
      if (pair === undefined) return exact ? undefined : node;
      const { key, value } = pair as { key: Node; value: Node | null };
      if ((last && what === 'key') || value === null) return key;
      node = value;
    } else if (isSeq(node) && typeof part === 'number' && node.items[part] !== undefined) node = node.items[part] as Node;
    else return exact ? undefined : node;
  }
  return node;
}

function keyText(key: unknown): string {
  if (!isScalar(key)) return String(key);
  return key.type === 'PLAIN' ? (key.source ?? String(key.value)) : String(key.value);
}

function plain(node: unknown): Plain {
  if (isYamlMap(node)) {
    const out: Record<string, Plain> = Object.create(null);
    for (const { key, value } of node.items) out[keyText(key)] = plain(value);
    return out;
  }
  if (isSeq(node)) return node.items.map(plain);
  if (!isScalar(node)) return null;
  return node.type === 'PLAIN' ? typed(node.source ?? '') : String(node.value);
}

/** The typing of plain scalars: canonical decimal numbers, true/false, null; everything else is text. */
function typed(source: string): Plain {
  if (/^-?(?:0|[1-9]\d*)$/.test(source)) {
    const value = Number(source);
    return Number.isSafeInteger(value) ? value : BigInt(source);
  }
  if (/^-?(?:0|[1-9]\d*)\.\d+$/.test(source)) return Number(source);
  if (/^(?:true|True|TRUE)$/.test(source)) return true;
  if (/^(?:false|False|FALSE)$/.test(source)) return false;
  if (/^(?:null|~)?$/.test(source)) return null;
  return source;
}

function place(file: RuleFile, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  if (line === 0) return { file: file.path, line: 1, column: 1 };
  const start = offset - (col - 1);
  return { file: file.path, line, column: [...file.text.slice(start, offset)].length + 1 };
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
