import { createHmac } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { DeadLetter } from '../event/dead-letter.ts';
import type { Event } from '../event/event.ts';
import type { FieldSource } from '../event/field-source.ts';
import { sha256Hex } from '../shared/digest.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { formats } from './index.ts';
import { createReplacer, type Replacer } from './redact-text.ts';
import type { RedactSettings } from './redaction-settings.ts';

/** What leaves the engine of one event. */
export type Redaction = {
  /** Fields by the names rules and settings use. */
  fields(values: Readonly<Record<string, JsonValue>>): Record<string, JsonValue>;
  /** An ECS document: named fields, whatever else repeats their values, and without the original text. */
  document(document: JsonObject): JsonObject;
  /** Any other value, in which the values of redacted fields may stand. */
  value<T>(value: T): T;
};

export type Redactor = {
  of(event: Event): Redaction;
  letter(letter: DeadLetter): DeadLetter;
};

type Way = RedactSettings['fields'][number]['with'];

const MASK = '[redacted]';

/** Undefined where the settings name no field: then nothing is paid for it. */
export function createRedactor(settings: RedactSettings): Redactor | undefined {
  if (settings.fields.length === 0) return undefined;
  const cover = createCover(settings);
  const rename = createRename(settings);
  return {
    of(event) {
      const ways = cover(event.route.format);
      let replacer: Replacer | undefined;
      // The document says more than the event: enrichment and computed fields are in it.
      const replacerFor = (document: JsonObject | undefined): Replacer => {
        if (replacer !== undefined) return replacer;
        const values = new Map<string, string>();
        for (const { field, with: way } of settings.fields) {
          for (const value of [event.field(field), document === undefined ? undefined : at(document, field)])
            for (const text of textsOf(value)) if (!values.has(text)) values.set(text, rename(way, text) ?? MASK);
        }
        replacer = createReplacer(values, MASK);
        return replacer;
      };
      const named = (field: string): Way | undefined =>
        ways.get(field) ?? settings.fields.find((one) => field.startsWith(`${one.field}.`))?.with;
      return {
        fields: (values) =>
          Object.fromEntries(
            Object.entries(values).flatMap(([name, value]) => {
              const way = named(name);
              const out = way === undefined ? replacerFor(undefined).value(value) : renamed(way, value, rename);
              return out === undefined ? [] : [[name, out] as const];
            }),
          ),
        document(document) {
          const replace = replacerFor(document);
          const walk = (value: JsonValue, name: string): JsonValue | undefined => {
            if (name === 'event.original' || name === 'wardline.original_base64') return undefined;
            const way = named(name);
            if (way !== undefined) return renamed(way, value, rename);
            if (!isObject(value)) return replace.value(value);
            const inside = Object.entries(value).flatMap(([key, inner]) => {
              const out = walk(inner, name === '' ? key : `${name}.${key}`);
              return out === undefined ? [] : [[key, out] as const];
            });
            // An object whose last field was dropped says no more than none.
            return inside.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(inside);
          };
          return (walk(document, '') ?? {}) as JsonObject;
        },
        value: (value) => replacerFor(undefined).value(value as JsonValue) as typeof value,
      };
    },
    letter: (letter) =>
      settings.deadLetters === 'keep'
        ? letter
        : {
            ...letter,
            detail: 'withheld, since fields are redacted',
            record: { ...letter.record, bytes: new Uint8Array(), headers: new Map() },
            withheld: { length: letter.record.bytes?.length ?? 0, sha256: sha256Hex(letter.record.bytes ?? new Uint8Array()) },
          },
  };
}

/** The fields of a format that show what a named field shows, by the way they are redacted. */
function createCover({ fields }: RedactSettings): (format: string) => ReadonlyMap<string, Way> {
  const known = new Map<string, ReadonlyMap<string, Way>>();
  return (name) => {
    let ways = known.get(name);
    if (ways !== undefined) return ways;
    const table = formats.find((format) => format.name === name)?.fields ?? {};
    const found = new Map<string, Way>();
    for (const { field, with: way } of fields) {
      found.set(field, way);
      const own = table[field] === undefined ? undefined : pathsOf(table[field]);
      for (const [other, source] of Object.entries(table)) {
        if (found.has(other)) continue;
        const paths = pathsOf(source);
        // Made of the vendor's field that is named, or of nothing else than what the named field is made of.
        if (paths.has(field) || (own !== undefined && own.size > 0 && own.size === paths.size && [...own].every((one) => paths.has(one))))
          found.set(other, way);
      }
    }
    known.set(name, (ways = found));
    return ways;
  };
}

function pathsOf(source: FieldSource): ReadonlySet<string> {
  const paths = new Set<string>();
  const walk = (one: FieldSource): void => {
    if (one.kind === 'path') paths.add(one.keys.join('.'));
    else if (one.kind === 'first-of') one.sources.forEach(walk);
    else if (one.kind === 'compute') one.reads.forEach(walk);
  };
  walk(source);
  return paths;
}

type Rename = (way: Way, text: string) => string | undefined;

/** A pseudonym names its key, so that two keys are never taken for one person. */
function createRename({ key }: RedactSettings): Rename {
  const secret = key?.reveal() ?? '';
  const keyId = sha256Hex(`wardline pseudonym key ${secret}`).slice(0, 6);
  return (way, text) => {
    if (way === 'drop') return undefined;
    if (way === 'mask') return MASK;
    if (way === 'truncate-ip') return truncated(text);
    return `p:${keyId}:${createHmac('sha256', secret).update(text).digest('hex').slice(0, 32)}`;
  };
}

/** The /24 or /48 of an address. */
function truncated(text: string): string {
  if (!ipaddr.isValid(text)) return MASK;
  const address = ipaddr.process(text);
  const bytes = address.toByteArray().map((byte, i) => (i < (address.kind() === 'ipv4' ? 3 : 6) ? byte : 0));
  return ipaddr.fromByteArray(bytes).toString();
}

function renamed(way: Way, value: JsonValue, rename: Rename): JsonValue | undefined {
  if (way === 'drop') return undefined;
  if (value === null) return null;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((one) => renamed(way, one, rename) ?? null);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(way, inner, rename) ?? null]));
  return rename(way, String(value)) ?? null;
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return (value as readonly JsonValue[]).flatMap(textsOf);
  return isObject(value) ? Object.values(value).flatMap(textsOf) : [String(value)];
}

function at(document: JsonObject, field: string): JsonValue | undefined {
  return field
    .split('.')
    .reduce<JsonValue | undefined>(
      (node, key) => (node !== undefined && isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined),
      document,
    );
}
