import { LEVELS } from '../../rule/ir/rule.ts';
import { tupleId } from '../../shared/digest.ts';
import type { JsonObject } from '../../shared/json.ts';
import { at } from '../../shared/nested.ts';
import { table } from '../../shared/table.ts';
import { alertTable } from '../../sink/alert-row.ts';
import type { AlertDocument } from '../../sink/sink.ts';

/** What a replay came to: its alerts, opened ones alone and with every later step, and counts. */
export type Replayed = {
  readonly opened: readonly AlertDocument[];
  readonly transitions: readonly AlertDocument[];
  readonly records: number;
  readonly events: number;
  readonly deadLetters: number;
  /** What rules could not use: for people, one a line, and for programs. */
  readonly lost: { readonly lines: readonly string[]; readonly json: object };
};

/** An alert of a replay says so, and its id is another than that of the alert that the engine made or would make. */
export function asBacktest({ id, document }: AlertDocument, run: string): AlertDocument {
  const wardline = (document['wardline'] ?? {}) as JsonObject;
  const event = (document['event'] ?? {}) as JsonObject;
  const other = tupleId(['backtest', run, id]);
  const tags = Array.isArray(document['tags']) ? document['tags'] : [];
  return {
    id: other,
    document: {
      ...document,
      event: { ...event, id: other },
      tags: [...tags, 'backtest'],
      wardline: { ...wardline, backtest: { run, alert: id } },
    },
  };
}

const text = (document: JsonObject, path: string): string => String(at(document, path) ?? '');
const count = (documents: readonly JsonObject[], of: (document: JsonObject) => string): readonly (readonly [string, number])[] =>
  [...Map.groupBy(documents, of)]
    .filter(([name]) => name !== '')
    .map(([name, list]) => [name, list.length] as const)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));

const BARS = '▁▂▃▄▅▆▇█';
const PANES = 48;

/** Alerts over time, from the first to the last, as one line. */
function timeline(documents: readonly JsonObject[]): string {
  const times = documents.map((document) => Date.parse(text(document, '@timestamp'))).filter(Number.isFinite);
  if (times.length < 2) return '';
  const [first, last] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
  const panes = new Array<number>(PANES).fill(0);
  for (const time of times) {
    const pane = Math.min(PANES - 1, Math.floor(((time - first) / Math.max(1, last - first)) * PANES));
    panes[pane] = (panes[pane] ?? 0) + 1;
  }
  const most = Math.max(...panes);
  const line = panes.map((n) => (n === 0 ? ' ' : BARS[Math.min(7, Math.ceil((n / most) * 8) - 1)])).join('');
  return `${new Date(first).toISOString().slice(0, 16)} ${line} ${new Date(last).toISOString().slice(0, 16)}`;
}

/** Totals by level, the rules and hosts with most alerts, and when: the first answer for an analyst. */
export function summaryOf({ opened, records, events, deadLetters, lost }: Replayed) {
  const documents = opened.map(({ document }) => document);
  const levels = new Map(count(documents, (document) => text(document, 'wardline.alert.severity')));
  return {
    records,
    events,
    deadLetters,
    alerts: documents.length,
    byLevel: Object.fromEntries([...LEVELS].reverse().flatMap((level) => (levels.has(level) ? [[level, levels.get(level)]] : []))),
    rules: count(documents, (document) => text(document, 'rule.id')).map(([id, alerts]) => ({
      id,
      name: text(documents.find((one) => text(one, 'rule.id') === id) as JsonObject, 'rule.name'),
      alerts,
    })),
    hosts: count(documents, (document) => text(document, 'host.name')).map(([host, alerts]) => ({ host, alerts })),
    users: count(documents, (document) => text(document, 'user.name')).map(([user, alerts]) => ({ user, alerts })),
    ...lost.json,
  };
}

const MOST_ALERTS = 50;
const MOST_ROWS = 10;

export function replayText(replayed: Replayed, elapsedMs: number): string {
  const summary = summaryOf(replayed);
  const documents = replayed.opened
    .map(({ document }) => document)
    .sort((a, b) => (text(a, '@timestamp') < text(b, '@timestamp') ? -1 : 1));
  const left = documents.length - MOST_ALERTS;
  const levels = Object.entries(summary.byLevel).map(([level, n]) => `${n} ${level}`);
  const top = (title: string, rows: readonly (readonly [string, number])[]): readonly string[] =>
    rows.length === 0
      ? []
      : [
          '',
          table(
            [{ title, max: 60 }, { title: 'alerts' }],
            rows.slice(0, MOST_ROWS).map(([name, n]) => [name, String(n)]),
          ),
        ];
  const when = timeline(documents);
  return `${[
    ...(documents.length === 0
      ? []
      : [alertTable(documents.slice(0, MOST_ALERTS)), ...(left > 0 ? [`... and ${left} more (-o ndjson has all)`] : [])]),
    ...top(
      'rule',
      summary.rules.map(({ name, id, alerts }) => [name || id, alerts]),
    ),
    ...top(
      'host',
      summary.hosts.map(({ host, alerts }) => [host, alerts]),
    ),
    ...top(
      'user',
      summary.users.map(({ user, alerts }) => [user, alerts]),
    ),
    ...(when === '' ? [] : ['', when]),
    '',
    `backtest: ${summary.records} records, ${summary.events} events, ${summary.alerts} alerts${levels.length === 0 ? '' : ` (${levels.join(', ')})`} in ${(elapsedMs / 1000).toFixed(1)} s`,
    ...(summary.deadLetters > 0 ? [`${summary.deadLetters} records could not be read`] : []),
    ...replayed.lost.lines,
  ].join('\n')}\n`;
}

/** The alerts of two rulesets over the same inputs, told apart by rule, group and time. */
export function comparisonOf(before: Replayed, after: Replayed) {
  const keyed = ({ opened }: Replayed) =>
    new Map(
      opened.map(({ document }) => [
        `${text(document, 'wardline.alert.fingerprint')} ${text(document, 'wardline.alert.opened')}`,
        document,
      ]),
    );
  const [old, now] = [keyed(before), keyed(after)];
  return {
    both: [...now.keys()].filter((key) => old.has(key)).length,
    onlyHere: [...now].filter(([key]) => !old.has(key)).map(([, document]) => document),
    onlyCompared: [...old].filter(([key]) => !now.has(key)).map(([, document]) => document),
  };
}

type Comparison = ReturnType<typeof comparisonOf>;

export function comparisonJson({ both, onlyHere, onlyCompared }: Comparison) {
  const shown = (document: JsonObject) => ({
    rule: text(document, 'rule.id'),
    name: text(document, 'rule.name'),
    time: text(document, '@timestamp'),
    severity: text(document, 'wardline.alert.severity'),
    group: at(document, 'wardline.alert.group') ?? {},
  });
  return { both, onlyHere: onlyHere.map(shown), onlyCompared: onlyCompared.map(shown) };
}

export function comparisonText({ both, onlyHere, onlyCompared }: Comparison): string {
  const part = (title: string, list: typeof onlyHere): readonly string[] =>
    list.length === 0 ? [] : [`${title}:`, alertTable(list.slice(0, MOST_ALERTS)), ''];
  return `\n${[...part('Alerts of these rules alone', onlyHere), ...part('Alerts of the compared rules alone', onlyCompared), `${both} alerts of both, ${onlyHere.length} of these rules alone, ${onlyCompared.length} of the compared rules alone`].join('\n')}\n`;
}
