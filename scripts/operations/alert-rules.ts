import { type CounterName, type GaugeName, prometheusName } from '../../src/telemetry/instruments.ts';

/** A series of a promtool test: name with labels, and values one a minute, as promtool writes them. */
export type Series = readonly [series: string, values: string];

export type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  /** What it means and what to do. */
  readonly runbook: string;
  /** Series under which it fires at 30 minutes, and under which it does not. */
  readonly fires: readonly Series[];
  readonly quiet: readonly Series[];
  /** Labels of the alert that fires, severity apart. */
  readonly labels: Readonly<Record<string, string>>;
};

const gauge = (name: GaugeName, labels = ''): string => `${prometheusName(name)}${labels}`;
const counter = (name: CounterName, labels = ''): string => `${prometheusName(name)}${labels}`;
/** More in the window, a series that is new included: `increase` sees nothing where there was no value before. */
const more = (name: CounterName, window: string, labels = ''): string => {
  const series = counter(name, labels);
  return `increase(${series}[${window}]) > 0 or (${series} > 0 unless ${series} offset ${window})`;
};
const still = (series: string): Series => [series, '1x40'];
const JOB = 'job="wardline",instance="a"';
const where = (labels: string): string => `{${JOB}${labels === '' ? '' : `,${labels}`}}`;
const on = (labels: Record<string, string> = {}): Record<string, string> => ({ job: 'wardline', instance: 'a', ...labels });

/** The alerts of Wardline about itself, in the order of their weight. */
export const ALERT_RULES: readonly AlertRule[] = [
  {
    alert: 'WardlineDown',
    expr: 'up{job="wardline"} == 0',
    for: '2m',
    severity: 'critical',
    summary: 'Wardline does not answer',
    runbook: 'The process is gone or cannot be reached. Its state is durable: start it again, then look at the log for why it ended.',
    fires: [[`up${where('')}`, '0x40']],
    quiet: [[`up${where('')}`, '1x40']],
    labels: on(),
  },
  {
    alert: 'WardlineNotReady',
    expr: `${gauge('wardline.ready')} == 0`,
    for: '10m',
    severity: 'warning',
    summary: 'Wardline is not ready',
    runbook: '/readyz gives the reasons, one a line.',
    fires: [[gauge('wardline.ready', where('')), '0x40']],
    quiet: [[gauge('wardline.ready', where('')), '0 0 0 1x40']],
    labels: on(),
  },
  {
    alert: 'WardlineRulesBroken',
    expr: `${gauge('wardline.ruleset.broken')} > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Rule files have errors',
    runbook:
      'A running engine goes on with the version of a file before its error; one that began with the error has none of its rules. /statusz names the files under brokenRules; wardline check says what is wrong.',
    fires: [[gauge('wardline.ruleset.broken', where('')), '1x40']],
    quiet: [[gauge('wardline.ruleset.broken', where('')), '1 1 0x40']],
    labels: on(),
  },
  {
    alert: 'WardlineSourceStalled',
    expr: `${gauge('wardline.source.stalled')} == 1`,
    for: '5m',
    severity: 'critical',
    summary: 'Source {{ $labels.source }} has records that nobody reads',
    runbook: 'The source has something to read and takes nothing: see the log of the process, the broker or the file system.',
    fires: [still(gauge('wardline.source.stalled', where('source="logs"')))],
    quiet: [[gauge('wardline.source.stalled', where('source="logs"')), '0x40']],
    labels: on({ source: 'logs' }),
  },
  {
    alert: 'WardlineSourceSilent',
    expr: `${gauge('wardline.source.silence_seconds')} > 3600`,
    for: '0s',
    severity: 'warning',
    summary: 'Source {{ $labels.source }} has been silent for an hour',
    runbook:
      'Nothing comes: the sender is down, or somebody has cut it off. Rules that need this source are not decided. Raise the limit for sources that are quiet by nature.',
    fires: [[gauge('wardline.source.silence_seconds', where('source="logs"')), '2400+60x40']],
    quiet: [[gauge('wardline.source.silence_seconds', where('source="logs"')), '0+60x40']],
    labels: on({ source: 'logs' }),
  },
  {
    alert: 'WardlineBehind',
    expr: `${gauge('wardline.source.lag')} > 0 and on (job, instance, source) ${gauge('wardline.source.watermark_delay_seconds')} > 900`,
    for: '10m',
    severity: 'warning',
    summary: 'Source {{ $labels.source }} is read more than a quarter of an hour late',
    runbook:
      'More comes than is evaluated. Look at the cost of the rules (wardline_ingest_seconds), at the processor, and at more processes (docs/distributed.md).',
    fires: [
      [gauge('wardline.source.lag', where('source="logs",unit="records"')), '5000x40'],
      [gauge('wardline.source.watermark_delay_seconds', where('source="logs"')), '1000x40'],
    ],
    quiet: [
      [gauge('wardline.source.lag', where('source="logs",unit="records"')), '0x40'],
      [gauge('wardline.source.watermark_delay_seconds', where('source="logs"')), '9000x40'],
    ],
    labels: on({ source: 'logs', unit: 'records' }),
  },
  {
    alert: 'WardlineGap',
    expr: more('wardline.gaps', '30m'),
    for: '0s',
    severity: 'critical',
    summary: 'Records of source {{ $labels.source }} are lost ({{ $labels.cause }})',
    runbook:
      'They were removed before they were read, refused, or cut off. The evidence names the range; controls over it are not satisfied. Lengthen the retention, or make the reader faster.',
    fires: [[counter('wardline.gaps', where('source="logs",cause="expired"')), '_x20 1x20']],
    quiet: [[counter('wardline.gaps', where('source="logs",cause="expired"')), '3x60']],
    labels: on({ source: 'logs', cause: 'expired' }),
  },
  {
    alert: 'WardlineDeadLetters',
    expr: more('wardline.dead_letters', '15m'),
    for: '0s',
    severity: 'warning',
    summary: 'Records of source {{ $labels.source }} cannot be read ({{ $labels.reason }})',
    runbook:
      'wardline dead-letters shows them; after the settings or the sender are mended, wardline dead-letters replay reads them again.',
    fires: [[counter('wardline.dead_letters', where('source="logs",reason="bad-json"')), '0+2x40']],
    quiet: [[counter('wardline.dead_letters', where('source="logs",reason="bad-json"')), '7x60']],
    labels: on({ source: 'logs', reason: 'bad-json' }),
  },
  {
    alert: 'WardlineInboxFull',
    expr: more('wardline.inbox.refused', '15m'),
    for: '0s',
    severity: 'critical',
    summary: 'Source {{ $labels.source }} turns senders away',
    runbook:
      'Records wait for a checkpoint and the inbox is full. Senders that can come back do; raise inboxBytes, and see why the engine is slow.',
    fires: [[counter('wardline.inbox.refused', where('source="otlp"')), '0+5x40']],
    quiet: [[counter('wardline.inbox.refused', where('source="otlp"')), '5x60']],
    labels: on({ source: 'otlp' }),
  },
  {
    alert: 'WardlineLateEvents',
    expr: `sum by (job, instance, source) (rate(${counter('wardline.events.late')}[15m])) > 0.05 * sum by (job, instance, source) (rate(${counter('wardline.events')}[15m]))`,
    for: '10m',
    severity: 'warning',
    summary: 'One event in twenty of source {{ $labels.source }} comes late',
    runbook:
      'Late events still match but may miss windows that were settled. Raise engine.allowedLateness, or mend the clock or the buffer of the sender.',
    fires: [
      [counter('wardline.events.late', where('source="logs"')), '0+10x40'],
      [counter('wardline.events', where('source="logs",format="json"')), '0+100x40'],
    ],
    quiet: [
      [counter('wardline.events.late', where('source="logs"')), '0+1x40'],
      [counter('wardline.events', where('source="logs",format="json"')), '0+100x40'],
    ],
    labels: on({ source: 'logs' }),
  },
  {
    alert: 'WardlineStateEvicted',
    expr: more('wardline.rule.evictions', '15m'),
    for: '0s',
    severity: 'critical',
    summary: 'Rule {{ $labels.rule }} reached the budget of its state',
    runbook:
      'Groups were dropped and the rule can miss what they were about. Somebody may be flooding the field it groups by: look at the groups, then narrow the rule.',
    fires: [[counter('wardline.rule.evictions', where('rule="brute_force"')), '_x25 4x15']],
    quiet: [[counter('wardline.rule.evictions', where('rule="brute_force"')), '4x60']],
    labels: on({ rule: 'brute_force' }),
  },
  {
    alert: 'WardlineMatchesLeftOut',
    expr: more('wardline.rule.matches.left_out', '15m', '{reason=~"full|too_late"}'),
    for: '0s',
    severity: 'warning',
    summary: 'Rule {{ $labels.rule }} left matches out ({{ $labels.reason }})',
    runbook:
      'too_late: events come later than engine.allowedLateness, and a rule that decides once had decided; look at the lateness of the source, then raise it. full: one group has more matches than are kept; narrow the rule or its group.',
    fires: [[counter('wardline.rule.matches.left_out', where('rule="few",reason="too_late"')), '0+1x40']],
    quiet: [[counter('wardline.rule.matches.left_out', where('rule="few",reason="no_group"')), '0+1x40']],
    labels: on({ rule: 'few', reason: 'too_late' }),
  },
  {
    alert: 'WardlineUndecided',
    expr: more('wardline.rule.undecided', '15m', '{reason="silent"}'),
    for: '0s',
    severity: 'warning',
    summary: 'Windows of rule {{ $labels.rule }} could not be decided',
    runbook: 'A source that feeds the rule was silent in them. The evidence names the interval.',
    fires: [[counter('wardline.rule.undecided', where('rule="absence",reason="silent"')), '0+1x40']],
    quiet: [[counter('wardline.rule.undecided', where('rule="baseline",reason="learning"')), '0+1x40']],
    labels: on({ rule: 'absence', reason: 'silent' }),
  },
  {
    alert: 'WardlineReceiverDown',
    expr: `${gauge('wardline.receiver.up')} == 0`,
    for: '5m',
    severity: 'critical',
    summary: 'Alerts do not reach {{ $labels.receiver }}',
    runbook: 'wardline deliver status says why. Nothing is lost: deliveries wait and are tried again for about three days.',
    fires: [[gauge('wardline.receiver.up', where('receiver="soc"')), '0x40']],
    quiet: [[gauge('wardline.receiver.up', where('receiver="soc"')), '0 0 1x40']],
    labels: on({ receiver: 'soc' }),
  },
  {
    alert: 'WardlineDeliveriesWait',
    expr: `${gauge('wardline.delivery.oldest_seconds')} > 900`,
    for: '5m',
    severity: 'warning',
    summary: 'An alert for {{ $labels.receiver }} has been failing for a quarter of an hour',
    runbook: 'wardline deliver list shows it with the reason of the last attempt.',
    fires: [[gauge('wardline.delivery.oldest_seconds', where('receiver="soc"')), '0+60x40']],
    quiet: [[gauge('wardline.delivery.oldest_seconds', where('receiver="soc"')), '300x40']],
    labels: on({ receiver: 'soc' }),
  },
  {
    alert: 'WardlineDeliveriesDead',
    expr: `${gauge('wardline.delivery.dead')} > 0`,
    for: '0s',
    severity: 'warning',
    summary: 'Alerts for {{ $labels.receiver }} were given up',
    runbook: 'wardline deliver list --state dead says why; wardline deliver replay --dead sends them again.',
    fires: [[gauge('wardline.delivery.dead', where('receiver="soc"')), '2x40']],
    quiet: [[gauge('wardline.delivery.dead', where('receiver="soc"')), '0x40']],
    labels: on({ receiver: 'soc' }),
  },
  {
    alert: 'WardlineCanaryMissed',
    expr: `sum by (job, instance, canary) (increase(${counter('wardline.canary.steps', '{step="injected"}')}[3h])) > 0 unless sum by (job, instance, canary) (increase(${counter('wardline.canary.steps', '{step="seen"}')}[3h])) > 0`,
    for: '15m',
    severity: 'critical',
    summary: 'Canary {{ $labels.canary }} was planted and never seen',
    runbook: 'The rule it proves does not fire, or its receiver does not take the alert: detection is blind there.',
    fires: [
      [counter('wardline.canary.steps', where('canary="c",step="injected"')), '0+1x40'],
      [counter('wardline.canary.steps', where('canary="c",step="seen"')), '3x40'],
    ],
    quiet: [
      [counter('wardline.canary.steps', where('canary="c",step="injected"')), '0+1x40'],
      [counter('wardline.canary.steps', where('canary="c",step="seen"')), '0+1x40'],
    ],
    labels: on({ canary: 'c' }),
  },
  {
    alert: 'WardlineCheckpointOld',
    expr: `${gauge('wardline.checkpoint.age_seconds')} > 300 and on (job, instance) sum by (job, instance) (increase(${counter('wardline.records')}[5m])) > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Records come and no checkpoint is written',
    runbook: 'After a crash everything since the last checkpoint is read again. Look at the disk and at the log.',
    fires: [
      [gauge('wardline.checkpoint.age_seconds', where('')), '0+60x40'],
      [counter('wardline.records', where('source="logs"')), '0+10x40'],
    ],
    quiet: [
      [gauge('wardline.checkpoint.age_seconds', where('')), '0+60x40'],
      [counter('wardline.records', where('source="logs"')), '10x40'],
    ],
    labels: on(),
  },
  {
    alert: 'WardlineBusy',
    expr: `${gauge('wardline.process.event_loop_busy')} > 0.95`,
    for: '15m',
    severity: 'warning',
    summary: 'The event loop of Wardline is busy all the time',
    runbook:
      'It works as fast as it can. See wardline_ingest_seconds for the cost of the rules, and docs/distributed.md for more processes.',
    fires: [[gauge('wardline.process.event_loop_busy', where('')), '0.99x40']],
    quiet: [[gauge('wardline.process.event_loop_busy', where('')), '0.5x40']],
    labels: on(),
  },
  {
    alert: 'WardlineRestarts',
    expr: `changes(${gauge('wardline.process.start_time_seconds')}[1h]) > 2`,
    for: '0s',
    severity: 'warning',
    summary: 'Wardline was started again and again within an hour',
    runbook: 'The last lines of the log of each run say why it ended.',
    fires: [[gauge('wardline.process.start_time_seconds', where('')), '100x5 400x5 700x5 900x30']],
    quiet: [[gauge('wardline.process.start_time_seconds', where('')), '100x5 400x40']],
    labels: on(),
  },
  {
    alert: 'WardlineTokensGuessed',
    expr: more('wardline.admin.refused', '15m', '{reason="rate"}'),
    for: '0s',
    severity: 'warning',
    summary: 'Somebody tries tokens at the admin port',
    runbook:
      'Ten wrong tokens came from one address within a minute. The log of the host says from where; the port should be reachable from where it is needed alone.',
    fires: [[counter('wardline.admin.refused', where('reason="rate"')), '_x25 1x15']],
    quiet: [[counter('wardline.admin.refused', where('reason="token"')), '0+1x40']],
    labels: on({ reason: 'rate' }),
  },
];
