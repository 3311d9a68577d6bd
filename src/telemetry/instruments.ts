/**
 * Everything Wardline measures of itself, in one list: the code that counts, the reference page, the alert rules and the
 * dashboard are made from it. Names follow OpenTelemetry; units are UCUM. Labels never carry event data: they are names
 * from settings and rules, or words of a closed list.
 */
export type InstrumentKind = 'counter' | 'gauge' | 'histogram';
export type Instrument = {
  readonly name: string;
  readonly kind: InstrumentKind;
  readonly unit: string;
  readonly labels: readonly string[];
  readonly description: string;
};

const define = <const N extends string, const K extends InstrumentKind>(
  kind: K,
  name: N,
  unit: string,
  labels: readonly string[],
  description: string,
) => ({ kind, name, unit, labels, description });

export const INSTRUMENTS = [
  define('counter', 'wardline.records', '{record}', ['source'], 'Records taken from a source.'),
  define('counter', 'wardline.bytes', 'By', ['source'], 'Bytes of the records taken from a source.'),
  define('counter', 'wardline.events', '{event}', ['source', 'format'], 'Events that records became, by log format.'),
  define('counter', 'wardline.events.unparsed', '{event}', ['source'], 'Events in no known format, seen as plain text.'),
  define('counter', 'wardline.events.late', '{event}', ['source'], 'Events that came behind the watermark of their partition.'),
  define('counter', 'wardline.events.doubtful', '{event}', ['source', 'tag'], 'Events by what is doubtful about them (docs/formats.md).'),
  define('counter', 'wardline.matcher.checks', '{event}', ['source'], 'Events that a full scan of all rules decided a second time.'),
  define('counter', 'wardline.dead_letters', '{record}', ['source', 'reason'], 'Records that could not be read, by reason.'),
  define('counter', 'wardline.gaps', '{gap}', ['source', 'cause'], 'Ranges of records that should have come and never will.'),
  define('counter', 'wardline.gaps.lost', '1', ['source', 'cause'], 'What the gaps are wide: records, or bytes of a file.'),
  define('counter', 'wardline.inbox.refused', '{record}', ['source'], 'Records turned away because the inbox of a source was full.'),
  define('counter', 'wardline.inbox.repeated', '{record}', ['source'], 'Records that had been sent before and were taken once.'),
  define(
    'histogram',
    'wardline.ingest.seconds',
    's',
    ['source'],
    'Processor time of decoding and matching one batch: the cost of the rules.',
  ),
  define('histogram', 'wardline.step.seconds', 's', ['source'], 'Time one batch takes from decoding to stored alerts.'),
  define('counter', 'wardline.rule.matches', '{match}', ['rule'], 'Events that a rule matched.'),
  define(
    'counter',
    'wardline.rule.undecided',
    '{window}',
    ['rule', 'reason'],
    'Windows that could not be decided: a source was silent, or a baseline is being learned.',
  ),
  define('counter', 'wardline.rule.evictions', '{group}', ['rule'], 'Groups dropped because a rule reached the budget of its state.'),
  define('counter', 'wardline.rule.matches.late', '{match}', ['rule'], 'Matches that came late and were still taken.'),
  define(
    'counter',
    'wardline.rule.matches.left_out',
    '{match}',
    ['rule', 'reason'],
    'Matches that a rule could not use: too late for a window that was decided, without a field of its group key, without a value to compare, or let go by a full group.',
  ),
  define(
    'counter',
    'wardline.rule.values.dropped',
    '{value}',
    ['rule'],
    'Values that a group of an anomaly rule let go or did not count because its state is bounded.',
  ),
  define(
    'counter',
    'wardline.rule.members.left_out',
    '{match}',
    ['rule'],
    'Matches whose host or peer was not counted with what it shares (beacon, peer_group), because there are 100,000 keys or 500,000 pairs.',
  ),
  define(
    'counter',
    'wardline.rule.values.estimated',
    '{value}',
    ['rule'],
    'Values, hosts and peers that an anomaly rule counted in a sketch, because more were there than it tells apart; its alerts say so.',
  ),
  define('counter', 'wardline.exceptions.hidden', '{match}', ['exception', 'rule'], 'Matches that an exception touched.'),
  define('counter', 'wardline.filters.hidden', '{match}', ['filter', 'rule'], 'Matches that a filter kept back.'),
  define('counter', 'wardline.alerts', '{alert}', ['severity', 'stage'], 'Alert documents made, by severity and stage.'),
  define('counter', 'wardline.rule.quiet_alerts', '{alert}', ['rule', 'mode'], 'Alerts that shadow and canary rules would have opened.'),
  define('histogram', 'wardline.detection_delay.seconds', 's', [], 'From the time of the event to the alert it opened.'),
  define('counter', 'wardline.operator.actions', '{action}', ['kind'], 'Actions of operators that were taken up.'),
  define(
    'counter',
    'wardline.canary.steps',
    '{step}',
    ['canary', 'step'],
    'Canaries planted and seen; what is planted and not seen was missed.',
  ),
  define(
    'gauge',
    'wardline.source.lag',
    '1',
    ['source', 'unit'],
    'What a source has that was not read yet, in records or bytes (label unit).',
  ),
  define('gauge', 'wardline.source.silence_seconds', 's', ['source'], 'Time since the last record of a source, or since the start.'),
  define('gauge', 'wardline.source.watermark_delay_seconds', 's', ['source'], 'How far the newest event of a source lies behind now.'),
  define('gauge', 'wardline.source.stalled', '1', ['source'], '1: the source has records that are not read although time passes.'),
  define('gauge', 'wardline.state.groups', '{group}', [], 'Groups of correlation held in memory.'),
  define('gauge', 'wardline.state.bytes', 'By', [], 'Size of the state of correlation by its own count.'),
  define('gauge', 'wardline.state.hits', '{match}', [], 'Matches held in the windows of correlation.'),
  define('gauge', 'wardline.state.evicted', '{group}', [], 'Groups evicted since the state began.'),
  define('gauge', 'wardline.state.evicted_advanced', '{group}', [], 'Evicted groups that were under way, since the state began.'),
  define('gauge', 'wardline.state.dropped_hits', '{match}', [], 'Matches that a full group did not take, since the state began.'),
  define('gauge', 'wardline.state.too_late', '{match}', [], 'Matches that came after their window was settled, since the state began.'),
  define('gauge', 'wardline.state.ungrouped', '{match}', [], 'Matches without the fields a rule groups by, since the state began.'),
  define('histogram', 'wardline.checkpoint.seconds', 's', [], 'Time a checkpoint takes.'),
  define('gauge', 'wardline.checkpoint.age_seconds', 's', [], 'Time since the last checkpoint.'),
  define(
    'counter',
    'wardline.delivery.outcomes',
    '{delivery}',
    ['receiver', 'result'],
    'What became of deliveries: stored, duplicate, skipped, retry, rejected, gone.',
  ),
  define('histogram', 'wardline.delivery.seconds', 's', ['receiver'], 'Time one call of a receiver takes, failed ones too.'),
  define('gauge', 'wardline.delivery.waiting', '{delivery}', ['receiver'], 'Deliveries that wait for their receiver.'),
  define('gauge', 'wardline.delivery.dead', '{delivery}', ['receiver'], 'Deliveries given up, kept with their reason.'),
  define('gauge', 'wardline.delivery.oldest_seconds', 's', ['receiver'], 'Age of the oldest alert that waits for its receiver.'),
  define(
    'gauge',
    'wardline.receiver.up',
    '1',
    ['receiver'],
    '1: the receiver takes alerts; 0: it failed and is left alone, or wants nothing more.',
  ),
  define(
    'gauge',
    'wardline.receiver.breaker',
    '1',
    ['receiver', 'state'],
    '1: the breaker of the receiver is in this state: closed, open (left alone), disabled (wants nothing more).',
  ),
  define(
    'counter',
    'wardline.notify.decisions',
    '{alert}',
    ['receiver', 'decision'],
    'What routes decided about alerts: waiting, notified, silenced, inhibited, muted, building_block, dropped.',
  ),
  define('gauge', 'wardline.partitions', '{partition}', ['stage'], 'Partitions this process owns, by stage of the distributed form.'),
  define('gauge', 'wardline.stage.lag', '{record}', ['stage'], 'Records a stage has not read yet in the partitions of this process.'),
  define('gauge', 'wardline.ruleset.rules', '{rule}', [], 'Rules that run.'),
  define('gauge', 'wardline.ruleset.broken', '{file}', [], 'Rule files with errors: their version before runs, or none.'),
  define('gauge', 'wardline.ruleset.active', '1', ['digest'], 'The ruleset that runs, by the start of its digest.'),
  define('counter', 'wardline.ruleset.activations', '{activation}', [], 'Times a ruleset was put into force.'),
  define('gauge', 'wardline.ledger.entries', '{entry}', [], 'Sealed entries of the evidence ledger.'),
  define('gauge', 'wardline.ready', '1', [], '1: /readyz says ready.'),
  define(
    'counter',
    'wardline.admin.refused',
    '{request}',
    ['reason'],
    'Requests to the admin port that were refused: host, origin, token, role, rate.',
  ),
  define('gauge', 'wardline.telemetry.dropped', '1', [], 'Own spans and log lines that could not be exported since the start.'),
  define('gauge', 'wardline.process.start_time_seconds', 's', [], 'When the process started, seconds since the epoch.'),
  define('gauge', 'wardline.process.resident_bytes', 'By', [], 'Resident memory of the process.'),
  define('gauge', 'wardline.process.heap_bytes', 'By', [], 'Used JavaScript heap.'),
  define('gauge', 'wardline.process.cpu_seconds', 's', [], 'Processor time used since the start.'),
  define('gauge', 'wardline.process.event_loop_busy', '1', [], 'Share of time the event loop was busy since the last collection, 0 to 1.'),
  define('gauge', 'wardline.build.info', '1', ['version'], 'The version that runs.'),
] as const;

type Named<K extends InstrumentKind> = Extract<(typeof INSTRUMENTS)[number], { readonly kind: K }>['name'];
export type CounterName = Named<'counter'>;
export type GaugeName = Named<'gauge'>;
export type HistogramName = Named<'histogram'>;
export type InstrumentName = CounterName | GaugeName | HistogramName;

/** The name under which Prometheus knows an instrument. */
export function prometheusName(name: InstrumentName): string {
  const kind = INSTRUMENTS.find((one) => one.name === name)?.kind;
  return `${name.replaceAll('.', '_')}${kind === 'counter' ? '_total' : ''}`;
}
