import { z } from 'zod';
import { WRITTEN_FORMS } from './forms.ts';
import { scheduleProblem } from './schedule.ts';

/** One report that is made again and again: by `wardline run` when its time comes, or by `wardline report run` from cron. */
export const reportSettings = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'lower-case letters, digits and dashes, at most 63' })
      .describe('Begins the names of the files.'),
    schedule: z.string().min(1).describe('Cron expression; a report covers the time from one of its instants to the next.'),
    timezone: z.string().min(1).default('UTC').describe('IANA zone the expression is in.'),
    pack: z.string().min(1).default('nist-800-53-core').describe('A pack file, or the name of a shipped pack.'),
    profile: z.string().min(1).optional().describe('Report profile: bindings, parameters, overlays.'),
    as: z
      .array(z.enum(WRITTEN_FORMS as [string, ...string[]]))
      .min(1)
      .default(['html', 'json'])
      .describe('The forms that are written.'),
    folder: z.string().min(1).default('reports').describe('Where the files go; made when it is not there.'),
    catchUp: z.int().min(1).max(400).default(31).describe('How many missed periods are made later, the newest first kept.'),
    failOn: z.enum(['not-satisfied', 'not-assessed', 'degraded']).optional().describe('Exit code 1 of "report run" from this status on.'),
    push: z.url().optional().describe('Pushgateway that gets the newest report as metrics.'),
  })
  .superRefine(({ schedule, timezone }, context) => {
    const problem = scheduleProblem({ cron: schedule, timezone });
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [problem.key], message: problem.message });
  });
export type ReportSettings = z.infer<typeof reportSettings>;
