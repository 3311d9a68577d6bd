import type { JsonObject, JsonValue } from '../shared/json.ts';

/** The head of a syslog line by its parts, and the text behind it. A part that is not there has no key. */
export type Syslog = { readonly head: JsonObject; readonly body: string };

const PRIORITY = /^<(\d{1,3})>(?:(1) )?/;
// RFC 3164, with a year as some network devices write it, or with an ISO time (rsyslog's precise form).
const STAMP =
  /^(?:([A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?)|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?))(:?) /;
/** Tags may hold blanks (`Google Chrome[85294]`), which is why the end is looked for and not the shape. */
const TAG = /^([^\n]{1,128}?)(?:\[(\d{1,10})\])?:(?: |$)/;
/** Payloads that begin with a colon form of their own. */
const OWN_COLON = /^(?:CEF:\d|LEEF:[12]|%[A-Z]|type=)/;
const NIL = '-';

/** Reads RFC 5424, RFC 3164 and what is written in its name; undefined if the line is neither. Linear; never throws. */
export function parseSyslog(text: string): Syslog | undefined {
  const priority = PRIORITY.exec(text);
  if (priority?.[2] === '1') return parse5424(text.slice(priority[0].length), Number(priority[1]));
  const rest = priority === null ? text : text.slice(priority[0].length);
  const stamp = STAMP.exec(rest);
  if (stamp === null) return priority === null ? undefined : withTag(levels(Number(priority[1])), rest);
  const head = {
    ...(priority === null ? {} : levels(Number(priority[1]))),
    timestamp: (stamp[1] ?? stamp[2]) as string,
  };
  const behind = rest.slice(stamp[0].length);
  if (stamp[3] === ':') return withTag(head, behind);
  const host = /^(\S{1,255}) +/.exec(behind);
  // Two blanks: the host is missing. A first word that ends in a colon is a tag.
  if (host === null || (host[1] as string).endsWith(':')) return withTag(head, behind.trimStart());
  const [all, hostname] = host as unknown as [string, string];
  const after = behind.slice(all.length);
  // Without a priority an ISO time and words may be anything: only a plain tag makes it syslog.
  if (priority === null && stamp[2] !== undefined && !/^[\w./@-]{1,64}(?:\([^)]{1,64}\))?(?:\[\d{1,10}\])?:(?: |$)/.test(after))
    return undefined;
  return withTag({ ...head, hostname }, after);
}

function withTag(head: JsonObject, rest: string): Syslog {
  const tag = OWN_COLON.test(rest) ? null : TAG.exec(rest);
  if (tag === null) return { head, body: rest };
  const [all, program, pid] = tag;
  return { head: { ...head, program: program as string, ...(pid === undefined ? {} : { pid }) }, body: rest.slice(all.length) };
}

const FIELD = /^(\S{1,255}) ?/;

function parse5424(text: string, priority: number): Syslog | undefined {
  let rest = text;
  const parts: string[] = [];
  for (let i = 0; i < 5; i++) {
    const part = FIELD.exec(rest);
    if (part === null) return undefined;
    parts.push(part[1] as string);
    rest = rest.slice(part[0].length);
  }
  const head: Record<string, JsonValue> = { ...levels(priority) };
  ['timestamp', 'hostname', 'program', 'pid', 'msgid'].forEach((name, i) => {
    if (parts[i] !== NIL) head[name] = parts[i] as string;
  });
  const { data, end } = structuredData(rest);
  if (data !== undefined) head['structured_data'] = data;
  return { head, body: rest.slice(end).replace(/^ ?\u{feff}?/u, '') };
}

/** `[id name="value" ...][id ...]` with `\"`, `\\` and `\]` escaped; what is not well formed stays part of the message. */
function structuredData(text: string): { readonly data: JsonObject | undefined; readonly end: number } {
  if (text.startsWith(NIL)) return { data: undefined, end: 1 };
  const data: Record<string, JsonValue> = Object.create(null);
  let at = 0;
  while (text[at] === '[') {
    const id = /^\[([^\s=\]"]{1,64})/.exec(text.slice(at, at + 66));
    if (id === null) break;
    const element = structuredElement(text, at + id[0].length);
    if (element === undefined) break;
    data[id[1] as string] = element.values;
    at = element.end;
  }
  return { data: at === 0 ? undefined : data, end: at };
}

function structuredElement(text: string, begin: number): { readonly values: JsonObject; readonly end: number } | undefined {
  const values: Record<string, JsonValue> = Object.create(null);
  const parameter = / {1,8}([^\s=\]"]{1,64})="((?:[^"\\\]]|\\.)*)"/sy;
  let at = begin;
  for (;;) {
    if (text[at] === ']') return { values, end: at + 1 };
    parameter.lastIndex = at;
    const found = parameter.exec(text);
    if (found === null) return undefined;
    values[found[1] as string] = (found[2] as string).replace(/\\(["\\\]])/g, '$1');
    at = parameter.lastIndex;
  }
}

const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'];

/** RFC 5424, section 6.2.1: priority = facility * 8 + severity. */
function levels(priority: number): JsonObject {
  if (priority > 191) return { priority };
  return { priority, facility: priority >> 3, severity: priority & 7, severity_name: SEVERITIES[priority & 7] as string };
}
