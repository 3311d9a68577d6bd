import { writeFileSync } from 'node:fs';
import type { Report } from '../report/compliance.ts';
import { REPORT_FORMS, type ReportForm, WRITTEN_FORMS } from '../report/forms.ts';
import { renderHtml } from '../report/html-report.ts';
import { STATUS_ORDER, type Status } from '../report/status.ts';
import { WardlineError } from '../shared/errors.ts';
import { printPdf } from './chromium.ts';
import type { Io } from './io.ts';

/** Checks `--as`: one or more forms with commas. */
export function formsOf(text: string): readonly string[] {
  const forms = text.split(',').map((form) => form.trim());
  for (const form of forms)
    if (!WRITTEN_FORMS.includes(form)) throw new WardlineError('usage', `--as takes ${WRITTEN_FORMS.join(', ')}, not "${form}"`);
  return forms;
}

/** Writes the forms to files `out` plus their ending, or the one form to standard output. */
export async function writeForms(report: Report, forms: readonly string[], out: string | undefined, io: Io): Promise<readonly string[]> {
  if (out === undefined && (forms.length > 1 || forms[0] === 'pdf'))
    throw new WardlineError('usage', `${forms.length > 1 ? 'several forms need' : 'pdf needs'} --out NAME; each gets its ending`);
  const written: string[] = [];
  for (const form of forms) {
    if (form === 'pdf') {
      const path = withEnding(out as string, 'pdf');
      await printPdf(renderHtml(report), path, io.environment);
      written.push(path);
      continue;
    }
    const { render, ending } = REPORT_FORMS[form] as ReportForm;
    const text = render(report);
    if (text === undefined) io.err(`${form}: nothing to say for this period, so no document\n`);
    else if (out === undefined) io.out(text.endsWith('\n') ? text : `${text}\n`);
    else {
      writeFileSync(withEnding(out, ending), text);
      written.push(withEnding(out, ending));
    }
  }
  return written;
}

const withEnding = (name: string, ending: string): string => (name.endsWith(`.${ending}`) ? name : `${name}.${ending}`);

/** Checks `--fail-on`: a status; that one and every worse one fails. */
export function failingStatuses(text: string): ReadonlySet<Status> {
  const order = STATUS_ORDER.filter((status) => status !== 'satisfied' && status !== 'not-applicable');
  const at = order.findIndex((status) => status === text);
  if (at < 0) throw new WardlineError('usage', `--fail-on takes ${order.join(', ')}, not "${text}"`);
  return new Set(order.slice(0, at + 1));
}

/** Has any objective a status that fails? A broken ledger always fails. */
export function fails(report: Report, statuses: ReadonlySet<Status>): boolean {
  return report.ledger.fault !== undefined || [...statuses].some((status) => report.counts[status] > 0);
}
