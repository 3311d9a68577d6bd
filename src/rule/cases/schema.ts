import { z } from 'zod';
import { parseIsoTime } from '../../event/time.ts';
import { LEVELS } from '../ir/rule.ts';
import { parseMoment, parseOffset } from './offset.ts';

const object = z.record(z.string(), z.json());
const offset = z
  .string()
  .refine((text) => parseOffset(text) !== undefined, 'not a time after the start: write 0s, 250ms, 90s, 1h30m')
  .describe('After the start of the case: 0s, 250ms, 1h30m.');

const moment = z
  .string()
  .refine((text) => parseMoment(text, 0n) !== undefined, 'not a time: write 0s, 250ms, 90s, 1h30m after the start, or 2026-11-20T08:00:00Z')
  .describe('After the start of the case (0s, 250ms, 1h30m), or an instant (2026-11-20T08:00:00Z).');

/** Records of context stores by store and key; null leaves the key out. */
const context = z
  .record(z.string(), z.record(z.string(), object.nullable()))
  .describe('Records of context stores by store and key; null leaves a key out.');

const late = offset.optional().describe('It arrives so much later than it happened, after what arrives until then.');
const event = z.strictObject({
  at: moment,
  late,
  repeat: z.strictObject({ count: z.int().min(1).max(100_000), every: offset }).optional(),
  ecs: object.optional().describe('An ECS document, merged over that of the base; null takes a field away.'),
  event: object
    .optional()
    .describe('A document of a vendor format, merged over that of the base; ${at} and ${at:nanos} in its texts are its time.'),
  raw: z.string().optional().describe('One line of a log, as it is written; ${at} in it is its time.'),
});
const advance = z.strictObject({ advance: offset.describe('Time passes by so much after the newest event, and nothing comes.') });
const file = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe('A file beside this one: each of its lines is an event as its source gives it, `${at}` in it is its time.'),
  at: moment.optional().describe('With `every`: when the first line happened. Default: 0s.'),
  every: offset.optional().describe('So much time is between two lines. Left out: the lines have times of their own.'),
  late,
});
const activate = z.strictObject({
  activate: z
    .strictObject({
      context: context.optional(),
      with: z
        .array(z.string())
        .optional()
        .describe('Further files beside this one that take part from here on: exceptions, context stores.'),
    })
    .describe('From here on the context stores have these records as well, and these files take part.'),
});
const silence = z.strictObject({ silence: offset.describe('The source is silent for so long: what depends on it is undecided.') });
export const stepSchema = z.union([event, file, advance, silence, activate]);

const STAGES = ['opened', 'continued', 'closed', 'merged'] as const;
const expected = z
  .looseObject({
    at: moment.optional().describe('When it opens, after the start of the case, or as an instant.'),
    kind: z.enum(['match', 'correlation']).optional(),
    severity: z.enum(LEVELS).optional(),
    count: z.int().optional(),
    group: object.optional().describe('The values of the group, all of them.'),
    stages: z.array(z.enum(STAGES)).optional().describe('Every stage of the alert, in order.'),
  })
  .catchall(z.json())
  .refine(({ rule }) => typeof rule !== 'string', {
    path: ['rule'],
    message: 'an alert has no field "rule"; write rule.id or rule.name',
  })
  .describe('One alert: any field of its document by its dotted name; a list has the value, a text is the whole text.');

const matched = z
  .looseObject({
    at: moment.optional().describe('Time of the event.'),
    rule: z.string().optional().describe('Id or name of the detection.'),
  })
  .catchall(z.json())
  .describe('One event that a detection holds for: any ECS field by its dotted name.');
const verdict = z
  .strictObject({
    at: moment.optional().describe('Time of the access.'),
    policy: z.string().optional().describe('The policy that decided.'),
    verdict: z.enum(['allow', 'deny', 'missing']).optional(),
    outcome: z
      .enum(['conform', 'violation', 'over-blocked', 'prevented', 'undecided'])
      .optional()
      .describe('With what the enforcement point did.'),
    entry: z.string().optional(),
    forbidden_by: z.string().optional(),
    detector: z.string().optional(),
  })
  .describe('What all policies together say of one access.');

export const caseSchema = z
  .strictObject({
    name: z.string().min(1),
    start: z
      .string()
      .refine((text) => parseIsoTime(text) !== undefined, 'not an instant: write 2026-11-20T08:00:00Z')
      .optional()
      .describe('Default: 2026-11-20T08:00:00Z.'),
    context: context.optional(),
    events: z.array(stepSchema),
    expect: z.array(expected).optional().describe('Every alert that opens, no more and no less.'),
    matches: z.array(matched).optional().describe('Every match of a detection, no more and no less.'),
    verdicts: z.array(verdict).optional().describe('The verdict of every access in scope, no more and no less.'),
    undecided: z.array(object).optional().describe('Groups for which the rule could not be judged.'),
    near: z
      .strictObject({ missing: z.int().min(1) })
      .optional()
      .describe('How many events, values or steps the nearest miss lacked, as explain says.'),
  })
  .refine(({ expect, matches, verdicts }) => (expect ?? matches ?? verdicts) !== undefined, { error: 'say expect, matches or verdicts' });

/** A `*.cases.yml` file beside a rule. */
export const casesSchema = z.strictObject({
  rule: z.string().optional().describe('Id or name of the rule; default: the rule file of the same name.'),
  base: z
    .strictObject({
      format: z.string().optional().describe('The log format of every event; default: recognised.'),
      logsource: z
        .strictObject({ category: z.string().optional(), product: z.string().optional(), service: z.string().optional() })
        .optional()
        .describe('The Sigma log source of every event, in place of what its format says.'),
      ecs: object.optional(),
      event: object.optional(),
      context: context.optional(),
    })
    .optional()
    .describe('What the events of every case have in common.'),
  with: z.array(z.string()).optional().describe('Further files beside this one that take part: context stores, exceptions.'),
  cases: z.array(caseSchema).min(1),
});

export const FILE_KEYS: readonly string[] = Object.keys(casesSchema.shape);
export const CASE_KEYS: readonly string[] = Object.keys(caseSchema.shape);

export type CaseFile = z.infer<typeof casesSchema>;
export type Case = z.infer<typeof caseSchema>;
export type CaseBase = NonNullable<CaseFile['base']>;
export type CaseStep = z.infer<typeof stepSchema>;
export type CaseEvent = z.infer<typeof event>;
export type CaseContext = z.infer<typeof context>;
export type CaseFileStep = z.infer<typeof file>;
export type Activation = z.infer<typeof activate>['activate'];
