import { isObject, type JsonValue } from '../../../shared/json.ts';
import { printable } from '../../../shared/table.ts';
import { at } from '../../alert-row.ts';
import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';
import type { TemplateValue } from './settings.ts';

export type TemplateOptions = {
  readonly body: TemplateValue;
  readonly contentType: 'text/plain' | 'text/html' | 'application/x-www-form-urlencoded';
};

const PLACE = /\{\{ *([A-Za-z@_][\w@.-]*) *(?:\?\? *([^{}]*?) *)?\}\}/g;
const MAX_DEPTH = 32;

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapes: Readonly<Record<TemplateOptions['contentType'], (text: string) => string>> = {
  'text/plain': printable,
  'text/html': (text) => printable(text).replace(/[&<>"']/g, (char) => HTML[char] ?? char),
  'application/x-www-form-urlencoded': (text) => encodeURIComponent(text.toWellFormed()),
};

/**
 * A body with fields of the alert in it: `{{path}}`, `{{path ?? text}}`, nothing else; there is no logic. A body of maps
 * and lists is filled value by value and written as JSON after that, so no field can end a string or add a key. In a
 * body of text every value is escaped for its content type. What is put in is never read as a template again.
 */
export function template({ document }: AlertDocument, { body, contentType }: TemplateOptions): Payload {
  const valueAt = (path: string, fallback: string | undefined): JsonValue => at(document, path) ?? fallback ?? '';
  const textAt = (path: string, fallback: string | undefined): string => {
    const value = valueAt(path, fallback);
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
  if (typeof body === 'string') {
    const escaped = escapes[contentType];
    const filled = body.replace(PLACE, (_place, path: string, fallback: string | undefined) => escaped(textAt(path, fallback)));
    return { contentType: `${contentType}; charset=utf-8`, body: filled };
  }
  const fill = (value: TemplateValue, depth: number): TemplateValue => {
    if (depth > MAX_DEPTH) return null;
    if (typeof value === 'string') {
      const [whole] = value.matchAll(PLACE);
      // A string that is one place keeps the type of its field: a number stays a number.
      if (whole !== undefined && whole[0] === value) return valueAt(whole[1] ?? '', whole[2]);
      return value.replace(PLACE, (_place, path: string, fallback: string | undefined) => textAt(path, fallback));
    }
    if (Array.isArray(value)) return value.map((item) => fill(item, depth + 1));
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item as TemplateValue, depth + 1)]));
    return value;
  };
  return json(fill(body, 0));
}
