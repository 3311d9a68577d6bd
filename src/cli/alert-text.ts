import type { AlertAction } from '../alert/actions.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import { printable } from '../shared/table.ts';

const text = (document: JsonObject, path: string): string => valueText(at(document, path));
const valueText = (value: JsonValue | undefined): string =>
  value === undefined || value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
const rows = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isObject) : [];

/** One alert for people: what it is, why it is, the events it rests on, and what became of it. Data is made printable. */
export function alertText(documents: readonly JsonObject[], pending: readonly AlertAction[]): string {
  const newest = documents.at(-1) as JsonObject;
  const why = [...documents].reverse().find((document) => rows(at(document, 'wardline.alert.decision')).length > 0) ?? newest;
  const lines = [
    text(newest, 'message'),
    `  alert      ${text(newest, 'wardline.alert.id')}`,
    `  level      ${text(newest, 'wardline.alert.severity')}, risk ${text(newest, 'event.risk_score')}`,
    `  status     ${statusText(newest)}`,
    `  rule       ${text(newest, 'rule.id')} (${text(newest, 'rule.category')}, version ${text(newest, 'rule.version')})`,
    `  reason     ${text(why, 'event.reason')}`,
    `  events     ${text(newest, 'wardline.alert.total')}, ${text(newest, 'event.start')} to ${text(newest, 'event.end')}`,
    ...listed(newest, 'threat.technique.id', 'techniques'),
    ...listed(newest, 'wardline.alert.controls', 'controls'),
    '',
    'Why',
    ...rows(at(why, 'wardline.alert.decision')).map(
      (step) => `  ${text(step, 'condition')} ${valueText(step['expected'])}: found ${valueText(step['observed'])}`,
    ),
    '',
    `Evidence (${text(newest, 'wardline.alert.evidence_count')} events)`,
    ...rows(at(newest, 'wardline.alert.evidence')).map(
      (event) =>
        `  ${text(event, 'time')}  ${text(event, 'source')}/${text(event, 'partition')}/${text(event, 'offset')}/${text(event, 'index')}  ${event['summary'] === undefined ? '' : text(event, 'summary')}`,
    ),
    '',
    'History',
    ...documents.map(historyLine),
    ...pending.map(
      ({ at: time, kind, actor, comment }) =>
        `  ${new Date(time).toISOString()}  ${kind} by ${actor}${comment === undefined ? '' : `: ${comment}`} (recorded; the next engine takes it up)`,
    ),
  ];
  return `${lines.map((line) => printable(line).trimEnd()).join('\n')}\n`;
}

function statusText(document: JsonObject): string {
  const disposition = at(document, 'wardline.alert.disposition.value');
  const by = at(document, 'wardline.alert.closed_by.by') ?? at(document, 'wardline.alert.acknowledged.by');
  const workflow = at(document, 'wardline.alert.workflow') ?? 'new';
  return `${text(document, 'wardline.alert.status')}, ${valueText(workflow)}${by === undefined ? '' : ` by ${valueText(by)}`}${disposition === undefined ? '' : `, ${valueText(disposition)}`}`;
}

function listed(document: JsonObject, path: string, title: string): readonly string[] {
  const value = at(document, path);
  return Array.isArray(value) && value.length > 0
    ? [`  ${title.padEnd(10)} ${(value as readonly JsonValue[]).map(valueText).join(', ')}`]
    : [];
}

function historyLine(document: JsonObject): string {
  const stage = text(document, 'wardline.alert.stage');
  const acted = at(document, 'wardline.alert.action') !== undefined && (stage === 'action' || stage === 'closed');
  return `  ${text(document, '@timestamp')}  ${acted ? text(document, 'event.reason') : `${stage}, ${text(document, 'wardline.alert.total')} events`}`;
}
