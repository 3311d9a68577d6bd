import type { Report } from '../report/compliance.ts';
import { REPORT_FORMS, type ReportForm, WRITTEN_FORMS } from '../report/forms.ts';
import { renderHtml } from '../report/html-report.ts';
import { STATUS_ORDER, type Status } from '../report/status.ts';
import { WardlineError } from '../shared/errors.ts';
import { printPdf } from './chromium.ts';
import type { Io } from './io.ts';
import { writeOut } from './write-out.ts';

/** How many objectives a failure names. */
const NAMED = 5;

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
      writeOut(withEnding(out, ending), text);
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

/** Why a report fails, if any objective has one of the statuses; a broken ledger always does. */
export function failureOf(report: Report, statuses: ReadonlySet<Status>): string | undefined {
  if (report.ledger.fault !== undefined) return `the ledger is broken at ${report.ledger.fault}`;
  const causes = [...statuses].flatMap((status) => {
    const ids = report.controls.flatMap(({ objectives }) => objectives.filter((one) => one.status === status).map(({ id }) => id));
    const named = ids.slice(0, NAMED).join(', ');
    return ids.length === 0 ? [] : [`${ids.length} ${status} (${named}${ids.length > NAMED ? ', ...' : ''})`];
  });
  return causes.length === 0 ? undefined : causes.join('; ');
}
