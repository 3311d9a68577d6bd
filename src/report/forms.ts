import type { Report } from './compliance.ts';
import { renderCsv } from './csv-report.ts';
import { renderHtml } from './html-report.ts';
import { renderJson } from './json-report.ts';
import { renderAssessmentPlan, renderAssessmentResults, renderPoam } from './oscal/documents.ts';
import { renderPrometheus } from './prometheus.ts';

/** A form a report can take; `render` gives undefined when the form has nothing to say (a plan of action without items). */
export type ReportForm = { readonly ending: string; readonly render: (report: Report) => string | undefined };

/** Every form by the name the command line gives it. */
export const REPORT_FORMS: Readonly<Record<string, ReportForm>> = {
  html: { ending: 'html', render: renderHtml },
  json: { ending: 'json', render: renderJson },
  csv: { ending: 'csv', render: renderCsv },
  prometheus: { ending: 'prom', render: renderPrometheus },
  'oscal-ap': { ending: 'assessment-plan.oscal.json', render: renderAssessmentPlan },
  'oscal-ar': { ending: 'assessment-results.oscal.json', render: renderAssessmentResults },
  'oscal-poam': { ending: 'poam.oscal.json', render: renderPoam },
};

/** What can be written to a file: the forms above, and `pdf`, printed by a browser and so no function of the ledger alone. */
export const WRITTEN_FORMS: readonly string[] = [...Object.keys(REPORT_FORMS), 'pdf'];
