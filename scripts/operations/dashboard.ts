import { DashboardBuilder, DatasourceVariableBuilder, QueryVariableBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type InstrumentName,
  prometheusName,
} from '../../src/telemetry/instruments.ts';

type Query = { readonly expr: string; readonly legend: string };
type Panel = { readonly title: string; readonly unit?: string; readonly queries: readonly Query[]; readonly stat?: true };

const SELECT = 'job=~"$job",instance=~"$instance"';
const series = (name: InstrumentName, labels = ''): string => `${prometheusName(name)}{${SELECT}${labels === '' ? '' : `,${labels}`}}`;
const rate = (name: CounterName, by: string): Query => ({
  expr: `sum by (${by}) (rate(${series(name)}[$__rate_interval]))`,
  legend: by
    .split(', ')
    .map((label) => `{{${label}}}`)
    .join(' '),
});
const gauge = (name: GaugeName, by: string): Query => ({
  expr: `max by (${by}) (${series(name)})`,
  legend: by
    .split(', ')
    .map((label) => `{{${label}}}`)
    .join(' '),
});
const plain = (name: GaugeName, legend: string): Query => ({ expr: `sum(${series(name)})`, legend });
const quantiles = (name: HistogramName): readonly Query[] =>
  [0.5, 0.95, 0.99].map((q) => ({
    expr: `histogram_quantile(${q}, sum by (le) (rate(${prometheusName(name)}_bucket{${SELECT}}[$__rate_interval])))`,
    legend: `p${q * 100}`,
  }));

/** Rows of the dashboard, in reading order: is it well, what comes in, what is found, does it arrive, what does it cost. */
export const ROWS: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: 'Overview',
    panels: [
      { title: 'Ready', stat: true, queries: [{ expr: `min(${series('wardline.ready')})`, legend: 'ready' }] },
      {
        title: 'Rules',
        stat: true,
        queries: [
          { expr: `max(${series('wardline.ruleset.rules')})`, legend: 'rules' },
          { expr: `max(${series('wardline.ruleset.broken')})`, legend: 'files with errors' },
        ],
      },
      {
        title: 'Events per second',
        stat: true,
        queries: [{ expr: `sum(rate(${series('wardline.events')}[$__rate_interval]))`, legend: 'events' }],
      },
      {
        title: 'Alerts opened in the range',
        stat: true,
        queries: [{ expr: `sum(increase(${series('wardline.alerts', 'stage="opened"')}[$__range]))`, legend: 'alerts' }],
      },
      {
        title: 'Receivers that fail',
        stat: true,
        queries: [{ expr: `count(${series('wardline.receiver.up')} == 0) or vector(0)`, legend: 'receivers' }],
      },
      { title: 'Evidence entries', stat: true, queries: [{ expr: `sum(${series('wardline.ledger.entries')})`, legend: 'entries' }] },
    ],
  },
  {
    title: 'Sources',
    panels: [
      { title: 'Records', unit: 'rps', queries: [rate('wardline.records', 'source')] },
      { title: 'Bytes', unit: 'Bps', queries: [rate('wardline.bytes', 'source')] },
      { title: 'Unread', unit: 'short', queries: [gauge('wardline.source.lag', 'source, unit')] },
      { title: 'Newest event behind now', unit: 's', queries: [gauge('wardline.source.watermark_delay_seconds', 'source')] },
      { title: 'Silence', unit: 's', queries: [gauge('wardline.source.silence_seconds', 'source')] },
      { title: 'Events by format', unit: 'eps', queries: [rate('wardline.events', 'format')] },
      { title: 'Dead letters', unit: 'rps', queries: [rate('wardline.dead_letters', 'source, reason')] },
      {
        title: 'Late, unparsed, refused',
        unit: 'rps',
        queries: [
          rate('wardline.events.late', 'source'),
          rate('wardline.events.unparsed', 'source'),
          rate('wardline.inbox.refused', 'source'),
        ],
      },
      { title: 'Gaps', unit: 'rps', queries: [rate('wardline.gaps', 'source, cause')] },
    ],
  },
  {
    title: 'Rules and alerts',
    panels: [
      {
        title: 'Matches, the busiest ten rules',
        unit: 'ops',
        queries: [{ expr: `topk(10, sum by (rule) (rate(${series('wardline.rule.matches')}[$__rate_interval])))`, legend: '{{rule}}' }],
      },
      { title: 'Alerts', unit: 'ops', queries: [rate('wardline.alerts', 'severity, stage')] },
      { title: 'From event to alert', unit: 's', queries: quantiles('wardline.detection_delay.seconds') },
      { title: 'Not decided', unit: 'ops', queries: [rate('wardline.rule.undecided', 'rule, reason')] },
      { title: 'Matches left out', unit: 'ops', queries: [rate('wardline.rule.matches.left_out', 'rule, reason')] },
      {
        title: 'Groups and matches held',
        unit: 'short',
        queries: [plain('wardline.state.groups', 'groups'), plain('wardline.state.hits', 'matches')],
      },
      { title: 'State', unit: 'bytes', queries: [plain('wardline.state.bytes', 'bytes')] },
      {
        title: 'Limits that bit',
        unit: 'short',
        queries: [
          plain('wardline.state.evicted', 'groups evicted'),
          plain('wardline.state.dropped_hits', 'matches dropped'),
          plain('wardline.state.too_late', 'too late'),
          plain('wardline.state.ungrouped', 'without group'),
        ],
      },
      { title: 'Hidden by exceptions', unit: 'ops', queries: [rate('wardline.exceptions.hidden', 'exception')] },
      {
        title: 'Canaries',
        unit: 'short',
        queries: [{ expr: `sum by (canary, step) (increase(${series('wardline.canary.steps')}[3h]))`, legend: '{{canary}} {{step}}' }],
      },
    ],
  },
  {
    title: 'Delivery',
    panels: [
      { title: 'Outcomes', unit: 'ops', queries: [rate('wardline.delivery.outcomes', 'receiver, result')] },
      {
        title: 'Waiting and dead',
        unit: 'short',
        queries: [gauge('wardline.delivery.waiting', 'receiver'), gauge('wardline.delivery.dead', 'receiver')],
      },
      { title: 'Oldest failing delivery', unit: 's', queries: [gauge('wardline.delivery.oldest_seconds', 'receiver')] },
    ],
  },
  {
    title: 'Process',
    panels: [
      { title: 'Decoding and matching one batch', unit: 's', queries: quantiles('wardline.ingest.seconds') },
      { title: 'A batch from bytes to stored alerts', unit: 's', queries: quantiles('wardline.step.seconds') },
      {
        title: 'Checkpoints',
        unit: 's',
        queries: [...quantiles('wardline.checkpoint.seconds'), plain('wardline.checkpoint.age_seconds', 'age')],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [gauge('wardline.process.resident_bytes', 'instance'), gauge('wardline.process.heap_bytes', 'instance')],
      },
      {
        title: 'Processor and event loop',
        unit: 'percentunit',
        queries: [
          { expr: `rate(${series('wardline.process.cpu_seconds')}[$__rate_interval])`, legend: 'cpu {{instance}}' },
          gauge('wardline.process.event_loop_busy', 'instance'),
        ],
      },
      {
        title: 'Stages of the distributed form: unread',
        unit: 'short',
        queries: [
          { expr: `sum by (stage) (${series('wardline.stage.lag')})`, legend: '{{stage}}' },
          { expr: `sum by (stage) (${series('wardline.partitions')})`, legend: 'partitions {{stage}}' },
        ],
      },
    ],
  },
];

const WIDTH = 24;

/** deploy/grafana/wardline.json; the SDK's types are Grafana's own schema, so what does not fit it does not compile. */
export function dashboardText(): string {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  const builder = new DashboardBuilder('Wardline')
    .uid('wardline')
    .tags(['wardline', 'security'])
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .timezone('browser')
    .editable()
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(variable('job', `label_values(${prometheusName('wardline.build.info')}, job)`, datasource))
    .withVariable(variable('instance', `label_values(${prometheusName('wardline.build.info')}{job=~"$job"}, instance)`, datasource));
  for (const { title, panels } of ROWS) {
    builder.withRow(new RowBuilder(title));
    const perRow = panels.some(({ stat }) => stat) ? panels.length : 3;
    for (const panel of panels) builder.withPanel(panelOf(panel, WIDTH / perRow, datasource));
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}

function panelOf({ title, unit, queries, stat }: Panel, span: number, datasource: { type: string; uid: string }) {
  const panel = stat ? new StatBuilder() : new TimeseriesBuilder();
  panel
    .title(title)
    .datasource(datasource)
    .span(span)
    .height(stat ? 4 : 8);
  if (unit !== undefined) panel.unit(unit);
  if (!stat) panel.min(0);
  queries.forEach(({ expr, legend }, i) => {
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + i))
        .expr(expr)
        .legendFormat(legend),
    );
  });
  return panel;
}

function variable(name: string, query: string, datasource: { type: string; uid: string }) {
  return new QueryVariableBuilder(name)
    .datasource(datasource)
    .query(query)
    .includeAll(true)
    .multi(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}
