import type { Report } from './compliance.ts';

type Cell = string | number | null | undefined;

const HEADER = [
  'section',
  'id',
  'parent',
  'status',
  'reasons',
  'value',
  'limit',
  'unit',
  'population',
  'of',
  'lost',
  'blind_ms',
  'start',
  'end',
];

/**
 * The report as RFC 4180 CSV: a view for spreadsheets, never the sealed form. One table; `section` says what a row is.
 * Cells a spreadsheet would take for a formula get an apostrophe.
 */
export function renderCsv(report: Report): string {
  const { period } = report;
  const rows: Cell[][] = [HEADER];
  rows.push([
    'scope',
    report.pack.id,
    '',
    '',
    '',
    report.scope.covered,
    report.scope.total,
    'objectives covered',
    report.scope.total,
    'objectives',
    '',
    '',
    period.start,
    period.end,
  ]);
  rows.push([
    'scope',
    report.pack.id,
    '',
    '',
    '',
    report.scope.assessed,
    report.scope.total,
    'objectives assessed',
    report.scope.total,
    'objectives',
    '',
    '',
    period.start,
    period.end,
  ]);
  for (const control of report.controls) {
    rows.push([
      'control',
      control.id,
      '',
      control.worst,
      '',
      control.counts.satisfied,
      '',
      'objectives satisfied',
      control.objectives.length,
      'objectives',
    ]);
    for (const { id, status, reasons } of control.objectives) rows.push(['objective', id, control.id, status, reasons.join(' ')]);
  }
  for (const { measure, verdict, reasons, windows } of report.measures) {
    rows.push([
      'measure',
      measure.id,
      '',
      verdict,
      reasons.join(' '),
      '',
      '',
      '',
      windows.length,
      'windows',
      '',
      '',
      period.start,
      period.end,
    ]);
    for (const w of windows) {
      const [start, end] = [w.window.start, w.window.end].map((minute) => new Date(minute * 60_000).toISOString());
      rows.push([
        'window',
        measure.id,
        measure.kind,
        w.verdict,
        w.reasons.join(' '),
        w.value,
        w.limit,
        w.unit,
        w.population,
        w.of,
        w.lost,
        w.blindMs,
        start,
        end,
      ]);
    }
  }
  for (const source of report.sources) {
    rows.push([
      'source',
      source.name,
      source.roles.join(' '),
      '',
      source.reasons.join(' '),
      source.events,
      '',
      'events',
      source.events + source.lost,
      'events and lost records',
      source.lost,
      source.blindMs,
      period.start,
      period.end,
    ]);
    for (const blind of source.blind)
      rows.push(['blind', source.name, '', '', blind.cause, '', '', '', '', '', '', '', blind.from, blind.to]);
  }
  for (const [rule, opened] of report.alerts.perRule)
    rows.push(['alerts', rule, '', '', '', opened, '', 'alerts opened', report.alerts.opened, 'alerts', '', '', period.start, period.end]);
  for (const { sink, stored, duplicate, rejected } of report.sinks) {
    rows.push([
      'sink',
      sink,
      '',
      '',
      '',
      stored + duplicate,
      '',
      'alert documents delivered',
      stored + duplicate + rejected,
      'settled deliveries',
    ]);
  }
  return rows.map((row) => `${HEADER.map((_, i) => csvCell(row[i])).join(',')}\r\n`).join('');
}

/** One cell: quoted where needed, and never a formula. A number is a number. */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const guarded = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n\t']/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
