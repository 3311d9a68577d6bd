// Writes deploy/kibana/wardline.ndjson: a data view, searches and a dashboard over alerts, for Kibana's import of saved objects.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

type Reference = { readonly name: string; readonly type: string; readonly id: string };
type SavedObject = {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly Reference[];
  readonly coreMigrationVersion: string;
  readonly typeMigrationVersion: string;
};

const DATA_VIEW = 'wardline-alerts';
const INDEX = 'kibanaSavedObjectMeta.searchSourceJSON.index';
const TYPE_VERSIONS = { 'index-pattern': '8.0.0', search: '8.0.0', visualization: '8.5.0', dashboard: '8.9.0' } as const;

function saved(
  type: keyof typeof TYPE_VERSIONS,
  id: string,
  attributes: SavedObject['attributes'],
  references: readonly Reference[] = [],
): SavedObject {
  return { type, id, attributes, references, coreMigrationVersion: '8.8.0', typeMigrationVersion: TYPE_VERSIONS[type] };
}

const source = (query: string): object => ({
  searchSourceJSON: JSON.stringify({ query: { query, language: 'kuery' }, filter: [], indexRefName: INDEX }),
});
const onAlerts: readonly Reference[] = [{ name: INDEX, type: 'index-pattern', id: DATA_VIEW }];

function search(id: string, title: string, query: string, columns: readonly string[]): SavedObject {
  return saved(
    'search',
    id,
    { title, description: '', columns, sort: [['@timestamp', 'desc']], kibanaSavedObjectMeta: source(query) },
    onAlerts,
  );
}

type Bucket = { readonly field: string; readonly size: number; readonly schema?: string };

function visualization(id: string, title: string, type: string, query: string, buckets: readonly Bucket[], overTime: boolean): SavedObject {
  const terms = buckets.map(({ field, size, schema = 'segment' }, i) => ({
    id: String(i + 3),
    enabled: true,
    type: 'terms',
    schema,
    params: { field, size, order: 'desc', orderBy: '1', otherBucket: false, missingBucket: false },
  }));
  const histogram = {
    id: '2',
    enabled: true,
    type: 'date_histogram',
    schema: 'segment',
    params: { field: '@timestamp', interval: 'auto', min_doc_count: 1 },
  };
  const aggs = [
    { id: '1', enabled: true, type: 'cardinality', schema: 'metric', params: { field: 'wardline.alert.id', customLabel: 'alerts' } },
    ...(overTime ? [histogram] : []),
    ...terms,
  ];
  const visState = JSON.stringify({ title, type, aggs, params: paramsOf(type) });
  return saved(
    'visualization',
    id,
    { title, visState, uiStateJSON: '{}', description: '', version: 1, kibanaSavedObjectMeta: source(query) },
    onAlerts,
  );
}

function paramsOf(type: string): object {
  if (type === 'table')
    return { perPage: 10, showPartialRows: false, showMetricsAtAllLevels: false, showTotal: false, totalFunc: 'sum', percentageCol: '' };
  if (type === 'pie') return { type: 'pie', addTooltip: true, legendDisplay: 'show', legendPosition: 'right', isDonut: true };
  return {
    type: 'histogram',
    grid: { categoryLines: false },
    categoryAxes: [
      {
        id: 'CategoryAxis-1',
        type: 'category',
        position: 'bottom',
        show: true,
        scale: { type: 'linear' },
        labels: { show: true, truncate: 100 },
        title: {},
      },
    ],
    valueAxes: [
      {
        id: 'ValueAxis-1',
        name: 'LeftAxis-1',
        type: 'value',
        position: 'left',
        show: true,
        scale: { type: 'linear', mode: 'normal' },
        labels: { show: true, rotate: 0, filter: false, truncate: 100 },
        title: { text: 'alerts' },
      },
    ],
    seriesParams: [
      {
        show: true,
        type: 'histogram',
        mode: 'stacked',
        data: { label: 'alerts', id: '1' },
        valueAxis: 'ValueAxis-1',
        drawLinesBetweenPoints: true,
        showCircles: true,
      },
    ],
    addTooltip: true,
    addLegend: true,
    legendPosition: 'right',
    times: [],
    addTimeMarker: false,
  };
}

const OPENED = 'wardline.alert.stage : opened';
const ALERTS = `${OPENED} and not wardline.alert.kind : (incident or risk)`;

const panels: readonly (readonly [object: SavedObject, x: number, y: number, w: number, h: number])[] = [
  [
    visualization(
      'wardline-over-time',
      'Alerts by level',
      'histogram',
      ALERTS,
      [{ field: 'wardline.alert.severity', size: 5, schema: 'group' }],
      true,
    ),
    0,
    0,
    32,
    12,
  ],
  [
    visualization(
      'wardline-workflow',
      'Taken up by people',
      'pie',
      'wardline.alert.stage : *',
      [{ field: 'wardline.alert.workflow', size: 3 }],
      false,
    ),
    32,
    0,
    16,
    12,
  ],
  [
    visualization(
      'wardline-rules',
      'Rules',
      'table',
      ALERTS,
      [
        { field: 'rule.name', size: 50, schema: 'bucket' },
        { field: 'wardline.alert.severity', size: 5, schema: 'bucket' },
      ],
      false,
    ),
    0,
    12,
    24,
    14,
  ],
  [visualization('wardline-tactics', 'ATT&CK tactics', 'pie', ALERTS, [{ field: 'threat.tactic.name', size: 14 }], false), 24, 12, 24, 14],
  [visualization('wardline-users', 'Users', 'table', ALERTS, [{ field: 'user.name', size: 20, schema: 'bucket' }], false), 0, 26, 16, 12],
  [visualization('wardline-hosts', 'Hosts', 'table', ALERTS, [{ field: 'host.name', size: 20, schema: 'bucket' }], false), 16, 26, 16, 12],
  [
    visualization('wardline-addresses', 'Source addresses', 'table', ALERTS, [{ field: 'source.ip', size: 20, schema: 'bucket' }], false),
    32,
    26,
    16,
    12,
  ],
  [
    search('wardline-incidents', 'Incidents and risk', 'wardline.alert.kind : (incident or risk)', [
      'wardline.alert.severity',
      'event.reason',
      'wardline.alert.stage',
      'wardline.alert.id',
    ]),
    0,
    38,
    48,
    14,
  ],
  [
    search('wardline-newest', 'Newest alerts', ALERTS, ['wardline.alert.severity', 'event.reason', 'rule.name', 'wardline.alert.id']),
    0,
    52,
    48,
    20,
  ],
  [
    search('wardline-envelopes', 'Documents stored as text', 'wardline.envelope.reason : *', ['message', 'wardline.envelope.reason']),
    0,
    72,
    48,
    10,
  ],
];

function dashboard(): SavedObject {
  const panelsJSON = JSON.stringify(
    panels.map(([{ type }, x, y, w, h], i) => ({
      version: '8.9.0',
      type,
      panelIndex: String(i + 1),
      gridData: { x, y, w, h, i: String(i + 1) },
      embeddableConfig: {},
      panelRefName: `panel_${i + 1}`,
    })),
  );
  const attributes = {
    title: 'Wardline alerts',
    description: 'What alerted, whom it concerns, and what people did with it.',
    hits: 0,
    panelsJSON,
    optionsJSON: JSON.stringify({ useMargins: true, syncColors: false, hidePanelTitles: false }),
    version: 1,
    timeRestore: true,
    timeFrom: 'now-7d',
    timeTo: 'now',
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ query: { query: '', language: 'kuery' }, filter: [] }) },
  };
  return saved(
    'dashboard',
    'wardline-alerts',
    attributes,
    panels.map(([{ type, id }], i) => ({ name: `${i + 1}:panel_${i + 1}`, type, id })),
  );
}

/** Every saved object, what others refer to first; one JSON document a line. */
export function kibanaObjects(): readonly SavedObject[] {
  const view = saved('index-pattern', DATA_VIEW, { title: 'wardline-alerts-*', name: 'Wardline alerts', timeFieldName: '@timestamp' });
  return [view, ...panels.map(([object]) => object), dashboard()];
}

export const kibanaText = (): string =>
  kibanaObjects()
    .map((object) => `${JSON.stringify(object)}\n`)
    .join('');

if (process.argv[1] === import.meta.filename) {
  const folder = join(resolve(import.meta.dirname, '..'), 'deploy/kibana');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'wardline.ndjson'), kibanaText());
}
