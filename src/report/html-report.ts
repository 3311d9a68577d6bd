import { createHash } from 'node:crypto';
import { STATUS_MARK, statusBar, verdictStrip } from './chart.ts';
import type { ControlReport, Report } from './compliance.ts';
import type { MeasureResult, WindowVerdict } from './evaluate.ts';
import { escapeHtml, html, type Markup, nothing, table } from './html.ts';
import { REASONS, type Reason } from './reason.ts';
import type { SourceReport } from './source-report.ts';
import type { ObjectiveResult, Status } from './status.ts';
import { STYLE } from './style.ts';

/**
 * The report as one HTML file: no script, no remote resource, everything from the ledger escaped. A content security
 * policy allows the one style sheet by its hash and nothing else, so that a slip in escaping stays harmless.
 */
export function renderHtml(report: Report): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const title = `${report.pack.title}: ${report.period.start.slice(0, 10)} to ${report.period.end.slice(0, 10)}`;
  const body = html`<a class="skip" href="#controls">Skip to the controls</a>
<header><h1>${report.pack.title}</h1>
<p class="scope">${report.scope.statement}</p>
${facts(report)}</header>
<main>
${summary(report)}
${controls(report)}
${measures(report)}
${sources(report)}
${engine(report)}
${parameters(report)}
${glossary()}
</main>
<footer><p>Made from the ledger alone; the same ledger gives the same bytes. Check it with <code>wardline evidence verify</code>.</p></footer>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.markup}
</body>
</html>
`;
}

const utc = (iso: string): Markup => html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
const minuteTime = (minute: number): Markup => utc(new Date(minute * 60_000).toISOString());

function badge(status: Status): Markup {
  return html`<span class="badge s-${status}">${STATUS_MARK[status]} ${status}</span>`;
}

function reasonList(reasons: readonly Reason[]): Markup {
  return reasons.length === 0 ? nothing : html`<ul class="reasons">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
}

function facts({ period, asOf, profile, pack, ledger }: Report): Markup {
  const integrity =
    ledger.fault === undefined
      ? html`verified: ${ledger.head.size} entries, chain head <code>${ledger.head.chain}</code>`
      : html`<strong>BROKEN</strong> at ${ledger.fault}; only the ${ledger.head.size} entries before it were read`;
  const optional = [
    ...(profile.organization === undefined ? [] : [html`<dt>Organization</dt><dd>${profile.organization}</dd>`]),
    ...(profile.system === undefined ? [] : [html`<dt>System</dt><dd>${profile.system}</dd>`]),
  ];
  return html`<dl>${optional}<dt>Period (event time)</dt><dd>${utc(period.start)} to ${utc(period.end)}</dd>
<dt>Evidence must be in force at</dt><dd>${utc(asOf)}</dd>
<dt>Control pack</dt><dd>${pack.id} ${pack.version}, SHA-256 <code>${pack.sha256}</code></dd>
<dt>Catalog</dt><dd>${pack.catalog.id} ${pack.catalog.version}</dd>
<dt>Ledger</dt><dd>${integrity}</dd></dl>`;
}

function summary({ counts, scope }: Report): Markup {
  const rows = (Object.keys(STATUS_MARK) as Status[]).map((status) => ({ status, n: counts[status] }));
  return html`<section><h2>Summary</h2>
${statusBar(`Status of the ${scope.covered} objectives covered`, counts)}
${table(
  `Status of the ${scope.covered} objectives covered, of ${scope.total} in ${scope.title}`,
  [
    { head: 'Status', cell: ({ status }) => badge(status) },
    { head: 'Objectives', cell: ({ n }) => n, numeric: true },
  ],
  rows,
)}</section>`;
}

function controls(report: Report): Markup {
  const results = new Map(report.measures.map((result) => [result.measure.id, result]));
  const decided = report.controls.filter(({ objectives }) => objectives.length > 0);
  const others = report.controls.filter(({ objectives }) => objectives.length === 0);
  return html`<section id="controls"><h2>Controls</h2>${decided.map((control) => controlSection(control, results))}${undecided(others)}</section>`;
}

/** What the catalog asks for and a stream of events says nothing about: named, so that nobody takes it for covered. */
function undecided(controls: readonly ControlReport[]): Markup {
  if (controls.length === 0) return nothing;
  return html`<h3>Controls that no measure decides</h3>
${table(
  `${controls.length} controls are not assessed: policy, interviews and other systems decide them`,
  [
    { head: 'Control', cell: ({ id }) => id.toUpperCase() },
    { head: 'Title', cell: ({ title }) => title },
  ],
  controls,
)}`;
}

function controlSection(control: ControlReport, results: ReadonlyMap<string, MeasureResult>): Markup {
  const { counts, objectives } = control;
  const of = objectives.length;
  const parts = (Object.keys(STATUS_MARK) as Status[])
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${status}`);
  return html`<h3>${control.id.toUpperCase()} ${control.title}</h3>
<p>${parts.join(', ')} of ${of}; worst: ${badge(control.worst)}${stageText(control)}</p>
${table(
  `Objectives of ${control.id.toUpperCase()}`,
  [
    { head: 'Objective', cell: ({ id }) => id },
    { head: 'Status', cell: (objective) => statusCell(objective) },
    { head: 'Reasons', cell: ({ reasons }) => reasonList(reasons) },
    {
      head: 'Decided by',
      cell: ({ objective }) => measureList([...(objective.all ?? []), ...(objective.any ?? []), ...(objective.k_of?.of ?? [])], results),
    },
    { head: 'Guarded by', cell: ({ objective }) => measureList(objective.guards ?? [], results) },
    { head: 'Strength', cell: ({ objective }) => objective.strength },
  ],
  objectives,
)}`;
}

function stageText({ stage }: ControlReport): string {
  if (stage === undefined) return '';
  return stage === null ? '; the evidence supports no stage' : `; the evidence supports the stage "${stage}"`;
}

function statusCell({ status, raw, overlay }: ObjectiveResult): Markup {
  if (overlay === undefined) return badge(status);
  return html`${badge(status)}<br>${overlay.kind} ${overlay.id} until ${utc(overlay.until)}, approved by ${overlay.approver}; measured: ${raw}`;
}

function measureList(ids: readonly string[], results: ReadonlyMap<string, MeasureResult>): Markup {
  if (ids.length === 0) return html`nothing`;
  return html`<ul>${ids.map((id) => html`<li><a href="#m-${id}">${id}</a> ${results.get(id)?.verdict ?? 'undecided'}</li>`)}</ul>`;
}

function measures(report: Report): Markup {
  return html`<section><h2>Measures</h2>
<p>A measure passes over the period only when each of its windows does. Every value stands beside the population it was taken from, what was lost, and how long nothing could be seen.</p>
${report.measures.map(measureSection)}</section>`;
}

const VERDICT_ORDER = { fail: 0, undecided: 1, pass: 2 } as const;

function measureSection({ measure, verdict, reasons, windows }: MeasureResult): Markup {
  const of = (wanted: string): number => windows.filter((window) => window.verdict === wanted).length;
  const title = `${measure.id}: ${of('pass')} passed, ${of('fail')} failed, ${of('undecided')} undecided, of ${windows.length} windows`;
  const sorted = [...windows].sort((a, b) => VERDICT_ORDER[a.verdict] - VERDICT_ORDER[b.verdict] || a.window.start - b.window.start);
  return html`<h3 id="m-${measure.id}">${measure.id} <small>${measure.kind}</small></h3>
<p>${measure.title ?? ''} ${title}. Over the period: <strong>${verdict}</strong></p>${reasonList(reasons)}
${verdictStrip(
  title,
  windows.map((window) => window.verdict),
)}
${table<WindowVerdict>(
  `Windows of ${measure.id}, the worst first`,
  [
    { head: 'From', cell: ({ window }) => minuteTime(window.start) },
    { head: 'To', cell: ({ window }) => minuteTime(window.end) },
    { head: 'Verdict', cell: (window) => window.verdict },
    { head: 'Value', cell: ({ value }) => value ?? 'none', numeric: true },
    { head: 'Limit', cell: ({ limit }) => limit ?? 'none', numeric: true },
    { head: 'Unit', cell: ({ unit }) => unit },
    { head: 'Population', cell: ({ population, of: what }) => `${population} ${what}`, numeric: true },
    { head: 'Lost', cell: ({ lost }) => lost, numeric: true },
    { head: 'Blind, ms', cell: ({ blindMs }) => blindMs, numeric: true },
    { head: 'Reasons', cell: (window) => reasonList(window.reasons) },
  ],
  sorted,
)}`;
}

function sources(report: Report): Markup {
  return html`<section><h2>Sources</h2>
${table<SourceReport>(
  'Sources over the period',
  [
    { head: 'Source', cell: ({ name }) => name },
    { head: 'Roles', cell: ({ roles }) => roles.join(', ') },
    { head: 'Events', cell: ({ events }) => events, numeric: true },
    { head: 'In no known format', cell: ({ unparsed }) => unparsed, numeric: true },
    { head: 'Late', cell: ({ late }) => late, numeric: true },
    { head: 'Lost records', cell: ({ lost }) => lost, numeric: true },
    { head: 'Longest silence, ms', cell: ({ longestSilenceMs }) => longestSilenceMs ?? 'never seen', numeric: true },
    { head: 'Blind, ms', cell: ({ blindMs }) => blindMs, numeric: true },
    { head: 'Reasons', cell: ({ reasons }) => reasonList(reasons) },
  ],
  report.sources,
)}
${table(
  'Blind intervals: time about which nothing can be said',
  [
    { head: 'Source', cell: ({ name }) => name },
    { head: 'From', cell: ({ blind }) => utc(blind.from) },
    { head: 'To', cell: ({ blind }) => utc(blind.to) },
    { head: 'Cause', cell: ({ blind }) => blind.cause },
  ],
  report.sources.flatMap(({ name, blind: intervals }) => intervals.map((blind) => ({ name, blind }))),
)}
${table(
  'Records per partition, since the ledger began',
  [
    { head: 'Source / partition', cell: ({ name, p }) => `${name} / ${p.partition}` },
    { head: 'Proof', cell: ({ p }) => p.proof },
    { head: 'Records', cell: ({ p }) => p.records, numeric: true },
    { head: 'Decoded', cell: ({ p }) => p.decoded, numeric: true },
    { head: 'Dead letters', cell: ({ p }) => p.dead, numeric: true },
    { head: 'Discarded', cell: ({ p }) => p.discarded, numeric: true },
    { head: 'Unaccounted', cell: ({ p }) => p.unaccounted, numeric: true },
    { head: 'Events', cell: ({ p }) => p.events, numeric: true },
    { head: 'Never read', cell: ({ p }) => p.missing, numeric: true },
    { head: 'Why dead', cell: ({ p }) => p.deadLetters.map(([reason, n]) => `${reason}: ${n}`).join(', ') },
  ],
  report.sources.flatMap(({ name, partitions }) => partitions.map((p) => ({ name, p }))),
)}</section>`;
}

function engine({ rulesets, alerts, sinks, ledger, audits }: Report): Markup {
  return html`<section><h2>Engine</h2>
<p>Engine versions: ${ledger.engines.join(', ') || 'none'}. Tree hash of the ledger: <code>${ledger.head.root}</code></p>
${table(
  'Rulesets that were active',
  [
    { head: 'Ruleset', cell: ({ ruleset }) => html`<code>${ruleset}</code>` },
    { head: 'Rules', cell: ({ rules }) => rules, numeric: true },
    { head: 'Active', cell: ({ active }) => active, numeric: true },
    { head: 'Disabled', cell: ({ disabled }) => disabled, numeric: true },
    { head: 'In error', cell: ({ error }) => error, numeric: true },
  ],
  rulesets,
)}
${table(
  `Alerts opened in the period: ${alerts.opened}, in ${alerts.documents} documents`,
  [
    { head: 'Rule', cell: ([rule]) => rule },
    { head: 'Alerts', cell: ([, n]) => n, numeric: true },
  ],
  alerts.perRule,
)}
${table(
  'Deliveries, since the ledger began',
  [
    { head: 'Sink', cell: ({ sink }) => sink },
    { head: 'Stored', cell: ({ stored }) => stored, numeric: true },
    { head: 'Were there already', cell: ({ duplicate }) => duplicate, numeric: true },
    { head: 'Rejected', cell: ({ rejected }) => rejected, numeric: true },
    { head: 'Attempts repeated', cell: ({ retries }) => retries, numeric: true },
  ],
  sinks,
)}
${table(
  'Actions of operators in the period',
  [
    { head: 'Time', cell: ({ at }) => utc(at) },
    { head: 'Actor', cell: ({ actor }) => actor },
    { head: 'Action', cell: ({ action }) => action },
    { head: 'Object', cell: ({ object }) => object },
    { head: 'Reason', cell: ({ reason }) => reason },
  ],
  audits,
)}</section>`;
}

function parameters({ parameters, maps }: Report): Markup {
  return html`<section><h2>Parameters and maps</h2>
${table(
  'Values set by the organization',
  [
    { head: 'Parameter', cell: ({ name }) => name },
    { head: 'Value', cell: ({ value }) => value },
    { head: 'From', cell: ({ source }) => source },
  ],
  parameters,
)}
${table(
  'Other frameworks these measures speak to',
  [
    { head: 'Framework', cell: ({ framework }) => framework },
    { head: 'Id', cell: ({ id }) => id },
    { head: 'Measures', cell: ({ methods }) => methods.map(({ measure, verdict }) => `${measure}: ${verdict}`).join(', ') },
  ],
  maps,
)}</section>`;
}

function glossary(): Markup {
  return html`<section><h2>Reasons</h2><dl>${(Object.keys(REASONS) as Reason[]).map(
    (reason) => html`<dt>${reason}</dt><dd>${REASONS[reason]}</dd>
`,
  )}</dl></section>`;
}
