import { isObject, type JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import { printable } from '../shared/table.ts';
import type { AlertDocument } from './sink.ts';

export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';

/** What people are told of an alert. All of it is as it stands in the document: who shows it makes it fit to be shown. */
export type Facts = {
  readonly id: string;
  readonly alert: string;
  readonly type: 'alert.opened' | 'alert.updated' | 'alert.closed';
  readonly open: boolean;
  readonly level: Level;
  readonly title: string;
  readonly reason: string;
  /** Only an https or http link. */
  readonly url: string | undefined;
  readonly runbook: string | undefined;
  readonly rule: string;
  readonly tenant: string;
  readonly time: string;
  readonly opened: string;
  readonly fingerprint: string;
  readonly group: readonly (readonly [field: string, value: string])[];
  readonly tags: readonly string[];
  readonly document: JsonObject;
};

const TYPES: Readonly<Record<string, Facts['type']>> = {
  opened: 'alert.opened',
  continued: 'alert.updated',
  merged: 'alert.closed',
  closed: 'alert.closed',
};
/** From the least severe on. */
export const LEVELS: readonly string[] = ['informational', 'low', 'medium', 'high', 'critical'] satisfies readonly Level[];

export function factsOf({ id, document }: AlertDocument): Facts {
  const text = (path: string): string => textOf(at(document, path));
  const link = (path: string): string | undefined =>
    /^https?:\/\//.test(text(path)) && URL.canParse(text(path)) ? new URL(text(path)).href : undefined;
  const type = TYPES[text('wardline.alert.stage')] ?? 'alert.updated';
  const level = text('wardline.alert.severity');
  const group = at(document, 'wardline.alert.group');
  const tags = at(document, 'tags');
  return {
    id,
    alert: text('wardline.alert.id'),
    type,
    open: text('wardline.alert.status') !== 'closed' && type !== 'alert.closed',
    level: LEVELS.includes(level) ? (level as Level) : 'medium',
    title: text('message'),
    reason: text('event.reason'),
    url: link('event.url'),
    runbook: link('rule.reference'),
    rule: text('rule.id'),
    tenant: text('organization.id'),
    time: text('@timestamp'),
    opened: text('wardline.alert.opened') || text('@timestamp'),
    fingerprint: text('wardline.alert.fingerprint'),
    group: isObject(group) ? Object.entries(group).map(([field, value]) => [field, textOf(value)] as const) : [],
    tags: Array.isArray(tags) ? tags.map(textOf) : [],
    document,
  };
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Text for people: nothing invisible, at most `max` characters, on one line. */
export function shown(text: string, max: number): string {
  return cut(printable(text), max);
}

/** At most `max` UTF-16 units, never half of a pair, with an ellipsis where something is missing. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = /[\uD800-\uDBFF]/.test(text[max - 2] ?? '') ? max - 2 : max - 1;
  return `${text.slice(0, end)}…`;
}

/** The group as text for people: at most `count` pairs of at most `max` characters each. */
export function shownGroup({ group }: Facts, count: number, max: number): readonly (readonly [field: string, value: string])[] {
  return group.slice(0, count).map(([field, value]) => [shown(field, 80), shown(value, max)] as const);
}
