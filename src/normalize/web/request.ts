import type { FieldSource } from '../../event/field-source.ts';
import type { JsonObject } from '../../shared/json.ts';
import { type Format, text } from '../format.ts';

const REQUEST = /^(\S{1,32}) (.{1,16384}?)(?: HTTP\/(\d(?:\.\d)?))?$/s;

/** `GET /path HTTP/1.1` by its parts; nothing where it is not a request line. */
export function requestParts(line: string): JsonObject {
  const parts = REQUEST.exec(line);
  if (parts === null) return {};
  const [, method, target, version] = parts;
  return { method: method as string, target: target as string, ...(version === undefined ? {} : { version }) };
}

const HTTP_URL = /^[a-z][a-z0-9+.-]{0,15}:\/\/([^/?#\s]{1,255})/i;

/** Percent escapes decoded, where all of them are well formed. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const pathOf = (target: string): string | undefined => {
  const path = (target.replace(HTTP_URL, '').split(/[?#]/, 1)[0] as string) || undefined;
  return path === undefined ? undefined : decoded(path);
};

/** The `url.*` fields of a format, from where it has the request target (a path, or a whole URL as proxies write it). */
export function urlFields(target: FieldSource): Format['fields'] {
  return {
    'url.original': target,
    'url.path': text(target, pathOf),
    'url.query': text(target, (value) => /\?([^#]*)/.exec(value)?.[1]),
    'url.fragment': text(target, (value) => /#(.+)$/s.exec(value)?.[1]),
    'url.extension': text(target, (value) => /\.([A-Za-z0-9]{1,10})$/.exec(pathOf(value)?.split('/').at(-1) ?? '')?.[1]),
    'url.scheme': text(target, (value) => /^([a-z][a-z0-9+.-]{0,15}):\/\//i.exec(value)?.[1]?.toLowerCase()),
  };
}

/** The host of a whole URL. */
export function hostOfUrl(value: string): string | undefined {
  return HTTP_URL.exec(value)?.[1]
    ?.replace(/^[^@]*@/, '')
    .replace(/:\d+$/, '');
}
