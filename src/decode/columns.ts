/** Set by a source that cuts files into lines: the lines at the head of the file that say what its columns are. */
export const COLUMNS_HEADER = 'wardline-columns';

/** What the head of a file says of its lines. */
export type Columns = {
  /** `w3c`: W3C extended log file format, as of IIS. `zeek`: Zeek's own. `vpcflow`: the line of names of Amazon VPC flow logs. */
  readonly kind: 'w3c' | 'zeek' | 'vpcflow';
  readonly names: readonly string[];
  /** Other directives by name, in lower case. */
  readonly about: ReadonlyMap<string, string>;
};

export const MOST_HEAD_BYTES = 16 * 1024;
const HASH = 0x23;
const DIRECTIVE =
  /^#(Software|Version|Date|Fields|Start-Date|End-Date|Remark|separator|set_separator|empty_field|unset_field|path|open|close|fields|types)(?::\s?|[ \t]|$)(.*)$/;
const VPC = /^(?=.*\b(?:interface-id|srcaddr|pkt-srcaddr)\b)[a-z-]{2,40}(?: [a-z-]{2,40}){3,60}\r?$/;

/** The text of a line that is part of a head: a directive, or the names of a flow log in the first line. */
export function headText(offset: bigint, line: Uint8Array): string | undefined {
  if (line.length > MOST_HEAD_BYTES || (line[0] !== HASH && offset !== 0n)) return undefined;
  const text = Buffer.from(line.buffer, line.byteOffset, line.length)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .replace(/\r$/, '');
  return isDirective(text) || (offset === 0n && VPC.test(text)) ? text : undefined;
}

let latest: { readonly text: string; readonly columns: Columns | undefined } | undefined;

/** What a head says; undefined where it names no columns. The last answer is remembered: all lines of a file have one head. */
export function readColumns(text: string): Columns | undefined {
  if (latest?.text !== text) latest = { text, columns: columnsOf(text) };
  return latest.columns;
}

function columnsOf(text: string): Columns | undefined {
  if (!text.startsWith('#')) return VPC.test(text) ? { kind: 'vpcflow', names: text.split(' '), about: new Map() } : undefined;
  const about = new Map<string, string>();
  let names: readonly string[] | undefined;
  let kind: Columns['kind'] = 'w3c';
  for (const line of text.split('\n')) {
    const [, directive = '', value = ''] = DIRECTIVE.exec(line) ?? [];
    if (directive === 'Fields') names = value.trim().split(/\s+/);
    else if (directive === 'fields') [kind, names] = ['zeek', value.split('\t')];
    else about.set(directive.toLowerCase(), value);
  }
  return names === undefined ? undefined : { kind, names, about };
}

/** Is the line one of a head? */
export function isDirective(text: string): boolean {
  return text.startsWith('#') && DIRECTIVE.test(text);
}
