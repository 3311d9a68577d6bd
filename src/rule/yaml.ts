import { isScalar, isSeq, isMap as isYamlMap, LineCounter, type Node, parseAllDocuments } from 'yaml';
import type { Place } from '../shared/errors.ts';
import type { Plain, SourceDocument } from './document.ts';
import { isContextLines, readContextLines } from './ndjson.ts';
import { compareProblems, type DocumentPath, type Problem } from './problem.ts';
import { faultsOf, keyText, MAX_DEPTH, MAX_FILE_BYTES, tooDeep } from './yaml-limits.ts';
import { createPlaces } from './yaml-places.ts';

/** A file's path as messages name it, and its text; `unreadable` says why there is none. */
export type RuleFile = {
  readonly path: string;
  readonly text: string;
  readonly unreadable?: { readonly code: string; readonly message: string; readonly offset?: number };
};

/**
 * Reads a stream of YAML (or JSON) documents. Aliases, anchors, merge keys, tags and repeated keys are problems; scalars
 * are typed by their source text, so that `0777`, `4.10` and `yes` stay what was written. Never throws.
 */
export function readDocuments(given: RuleFile): { readonly documents: readonly SourceDocument[]; readonly problems: readonly Problem[] } {
  if (isContextLines(given.path) && given.unreadable === undefined) return readContextLines(given);
  // A carriage return alone ends a line too (YAML 1.2.2, section 5.4), which the parser does not know. Places stay the same.
  const file = given.text.includes('\r') ? { ...given, text: given.text.replaceAll(/\r(?!\n)/g, '\n') } : given;
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => place(file, lines, offset);
  const report = (offset: number, code: string, message: string, path: DocumentPath = []): void => {
    problems.push({ place: placeAt(offset), severity: 'error', code, path, message });
  };
  const refused = refusal(file);
  if (refused !== undefined) {
    lines.addNewLine(0);
    for (let i = file.text.indexOf('\n'); i >= 0; i = file.text.indexOf('\n', i + 1)) lines.addNewLine(i + 1);
    report(refused.offset, refused.code, refused.message);
    return { documents: [], problems };
  }
  const parsed = parseAllDocuments(file.text, {
    lineCounter: lines,
    uniqueKeys: false,
    strict: true,
    merge: false,
    version: '1.2',
    schema: 'core',
  });
  const documents: SourceDocument[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const { pos, message } of document.errors) {
      const deep = message.startsWith('Maximum call stack');
      report(pos[0], deep ? 'yaml/too-deep' : 'yaml/syntax', deep ? `nested deeper than ${MAX_DEPTH} levels` : firstLine(message));
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const faults = faultsOf(document, (offset) => placeAt(offset).line);
    for (const { offset, code, message } of faults) report(offset, code, message);
    if (faults.length === 0) documents.push(sourceDocument(file, document.contents, placeAt));
  }
  return { documents, problems: problems.sort(compareProblems) };
}

/** Why a file is not given to the parser at all. */
function refusal({ text, unreadable }: RuleFile): { offset: number; code: string; message: string } | undefined {
  if (unreadable !== undefined) return { offset: 0, ...unreadable };
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_FILE_BYTES)
    return { offset: 0, code: 'yaml/too-large', message: `the file has ${bytes} bytes; the limit is ${MAX_FILE_BYTES}` };
  const deep = tooDeep(text);
  return deep < 0 ? undefined : { offset: deep, code: 'yaml/too-deep', message: `nested deeper than ${MAX_DEPTH} levels` };
}

function sourceDocument(file: RuleFile, contents: Node, placeAt: (offset: number) => Place): SourceDocument {
  const places = createPlaces(file.text, contents);
  const json = file.path.endsWith('.json');
  return {
    file: file.path,
    value: plain(contents, json),
    placeOf: (path, what = 'value', at = undefined) => placeAt(places.offset(path, what, at)),
    sourceText: (path) => places.scalar(path)?.text,
    isQuoted: (path) => places.scalar(path)?.quoted ?? false,
  };
}

function plain(node: unknown, json: boolean): Plain {
  if (isYamlMap(node)) {
    const out: Record<string, Plain> = Object.create(null);
    for (const { key, value } of node.items) out[keyText(key)] = plain(value, json);
    return out;
  }
  if (isSeq(node)) return node.items.map((item) => plain(item, json));
  if (!isScalar(node)) return null;
  return node.type === 'PLAIN' ? typed(node.source ?? '', json) : String(node.value);
}

/** The typing of plain scalars: canonical decimal numbers (in JSON also with exponent), true/false, null; else text. */
function typed(source: string, json: boolean): Plain {
  if (/^-?(?:0|[1-9]\d*)$/.test(source)) {
    const value = Number(source);
    return Number.isSafeInteger(value) ? value : BigInt(source);
  }
  if (/^-?(?:0|[1-9]\d*)\.\d+$/.test(source)) return Number(source);
  if (json && /^-?(?:0|[1-9]\d*)(?:\.\d+)?[eE][+-]?\d{1,3}$/.test(source) && Number.isFinite(Number(source))) return Number(source);
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
