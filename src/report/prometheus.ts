import type { Report } from './compliance.ts';
import { STATUS_ORDER } from './status.ts';

/**
 * The report in the Prometheus text format, for a Pushgateway or a text file collector: one series per objective and
 * status (1 = it has this status), counts, ledger integrity and the period. A view; nothing is in it that is not in the
 * JSON form. Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function renderPrometheus(report: Report): string {
  const pack = report.pack.id;
  const lines: string[] = [];
  const metric = (name: string, help: string, samples: readonly (readonly [Readonly<Record<string, string>>, number])[]): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
    for (const [labels, value] of samples) {
      const pairs = Object.entries({ pack, ...labels }).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
      lines.push(`${name}{${pairs.join(',')}} ${value}`);
    }
  };
  metric(
    'wardline_objective_status',
    'Status of each objective of the control pack: 1 for the one it has.',
    report.controls.flatMap(({ id: control, objectives }) =>
      objectives.flatMap(({ id: objective, status }) =>
        STATUS_ORDER.map((known) => [{ control, objective, status: known }, known === status ? 1 : 0] as const),
      ),
    ),
  );
  metric(
    'wardline_objectives',
    'Objectives by status.',
    STATUS_ORDER.map((status) => [{ status }, report.counts[status]] as const),
  );
  metric('wardline_objectives_in_scope', 'Objectives of the whole that the pack covers a part of.', [[{}, report.scope.total]]);
  metric('wardline_ledger_intact', '1 when the evidence ledger verifies to its last entry.', [
    [{}, report.ledger.fault === undefined ? 1 : 0],
  ]);
  metric('wardline_ledger_entries', 'Entries of the evidence ledger.', [[{}, report.ledger.head.size]]);
  metric(
    'wardline_source_lost_records',
    'Records of the source that were never read or gave no event, in the period.',
    report.sources.map(({ name, lost }) => [{ source: name }, lost] as const),
  );
  metric(
    'wardline_source_blind_seconds',
    'Time of the period about which nothing can be said.',
    report.sources.map(({ name, blindMs }) => [{ source: name }, blindMs / 1000] as const),
  );
  metric('wardline_report_period_end_seconds', 'End of the period of the report, event time.', [
    [{}, Date.parse(report.period.end) / 1000],
  ]);
  return `${lines.join('\n')}\n`;
}

const escapeLabel = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
