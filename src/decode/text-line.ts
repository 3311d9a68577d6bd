import type { JsonObject } from '../shared/json.ts';
import type { Columns } from './columns.ts';
import { parseSyslog } from './syslog.ts';

/** One record of text as formats see it: whole, and without the syslog head where it has one. */
export type TextLine = {
  readonly text: string;
  /** Parts of the syslog head; undefined if there is none. */
  readonly syslog: JsonObject | undefined;
  /** The text behind the syslog head, or all of it. */
  readonly body: string;
  /** What the head of its file says of the line. */
  readonly columns?: Columns | undefined;
};

export function readTextLine(text: string, columns?: Columns): TextLine {
  const read = parseSyslog(text);
  return { text, syslog: read?.head, body: read?.body ?? text, columns };
}
