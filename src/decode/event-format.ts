import type { JsonObject, JsonValue } from '../shared/json.ts';

/** A CEF or LEEF line by its parts. */
export type EventFormat = {
  readonly version: string;
  /** The parts of the header behind the version, unescaped. */
  readonly header: readonly string[];
  readonly extensions: JsonObject;
};

/** `CEF:0|vendor|product|version|class id|name|severity|key=value ...` (ArcSight CEF, revision 25). Linear; undefined if it is none. */
export function parseCef(text: string): EventFormat | undefined {
  const head = /^CEF: ?(\d{1,2}(?:\.\d)?)\|/.exec(text);
  if (head === null) return undefined;
  const { parts, end } = headerParts(text, head[0].length, 6);
  if (parts.length < 6) return undefined;
  return { version: head[1] as string, header: parts, extensions: cefExtensions(text.slice(end)) };
}

/** `LEEF:2.0|vendor|product|version|event id|delimiter|key=value...`; 1.0 has no delimiter and uses tabs (QRadar LEEF guide). */
export function parseLeef(text: string): EventFormat | undefined {
  const head = /^LEEF:([12])\.0\|/.exec(text);
  if (head === null) return undefined;
  const version = head[1] as string;
  const { parts, end } = headerParts(text, head[0].length, 4);
  if (parts.length < 4) return undefined;
  let rest = text.slice(end);
  let delimiter = '\t';
  if (version === '2') {
    const named = /^(?:(?:0?x([0-9a-fA-F]{2,4}))|([^|]?))\|/.exec(rest);
    if (named !== null) {
      rest = rest.slice(named[0].length);
      delimiter = named[1] === undefined ? named[2] || '\t' : String.fromCharCode(Number.parseInt(named[1], 16));
    }
  }
  const extensions: Record<string, JsonValue> = Object.create(null);
  for (const pair of rest.split(delimiter)) {
    const at = pair.indexOf('=');
    if (at > 0) extensions[pair.slice(0, at).trim()] = pair.slice(at + 1).trimEnd();
  }
  return { version, header: parts, extensions };
}

/** Parts between bars, of which `\|` and `\\` are none; stops after `count`. */
function headerParts(text: string, begin: number, count: number): { readonly parts: readonly string[]; readonly end: number } {
  const parts: string[] = [];
  const part = /((?:[^|\\]|\\.)*)(?:\||$)/sy;
  let at = begin;
  while (parts.length < count && at < text.length) {
    part.lastIndex = at;
    const found = part.exec(text);
    if (found === null) break;
    parts.push((found[1] as string).replace(/\\([|\\])/g, '$1'));
    at = part.lastIndex;
  }
  return { parts, end: at };
}

/** Values hold blanks and end where the next key begins; an equals sign in a value is escaped. */
function cefExtensions(text: string): JsonObject {
  const keys = [...text.matchAll(/(?:^|\s)([A-Za-z_][\w.[\]-]{0,127})=/g)];
  const out: Record<string, JsonValue> = Object.create(null);
  keys.forEach((found, i) => {
    const value = text.slice(found.index + found[0].length, keys[i + 1]?.index ?? text.length);
    out[found[1] as string] = unescaped(value.trimEnd());
  });
  return out;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r' };
function unescaped(value: string): string {
  return value.includes('\\') ? value.replace(/\\([=\\|nr])/g, (_, mark: string) => ESCAPES[mark] ?? mark) : value;
}
