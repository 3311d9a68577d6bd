import { isObject, type JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import { type Column, table } from '../shared/table.ts';

export { at };

const text = (document: JsonObject, path: string): string => {
  const value = at(document, path);
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const COLUMNS: readonly Column[] = [
  { title: 'time' },
  { title: 'level' },
  { title: 'alert', max: 52 },
  { title: 'for', max: 60 },
  { title: 'events' },
  { title: 'status' },
  { title: 'id' },
];

/** Alerts as a table for people: newest state of the document, its group, how many events, a short id. */
export function alertTable(documents: readonly JsonObject[]): string {
  return table(COLUMNS, documents.map(alertRow));
}

function alertRow(document: JsonObject): readonly string[] {
  const group = at(document, 'wardline.alert.group');
  const missing = at(document, 'wardline.alert.group_missing');
  const whom = [
    ...(group !== undefined && isObject(group) ? Object.entries(group).map(([name, value]) => `${name}=${String(value)}`) : []),
    ...(Array.isArray(missing) ? missing.map((name) => `${String(name)}=(missing)`) : []),
  ].join(' ');
  const time = text(document, '@timestamp').replace('T', ' ').slice(0, 19);
  return [
    time,
    text(document, 'wardline.alert.severity'),
    text(document, 'message'),
    whom,
    text(document, 'wardline.alert.total'),
    [text(document, 'wardline.alert.status'), at(document, 'wardline.alert.workflow')]
      .filter((part) => part !== undefined && part !== 'new' && part !== '')
      .filter((part, i, all) => all.indexOf(part) === i)
      .join(', '),
    text(document, 'wardline.alert.id').slice(0, 12),
  ];
}
