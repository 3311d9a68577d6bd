import { z } from 'zod';
import { parseIsoTime } from '../../event/time.ts';
import { LEVELS } from '../ir/rule.ts';
import { parseOffset } from './offset.ts';

const object = z.record(z.string(), z.json());
const offset = z
  .string()
  .refine((text) => parseOffset(text) !== undefined, 'not a time after the start: write 0s, 250ms, 90s, 1h30m')
  .describe('After the start of the case: 0s, 250ms, 1h30m.');

/** Records of context stores by store and key; null leaves the key out. */
const context = z
  .record(z.string(), z.record(z.string(), object.nullable()))
  .describe('Records of context stores by store and key; null leaves a key out.');

const event = z.strictObject({
  at: offset,
  repeat: z.strictObject({ count: z.int().min(1).max(100_000), every: offset }).optional(),
  ecs: object.optional().describe('An ECS document, merged over that of the base; null takes a field away.'),
  event: object
    .optional()
    .describe('A document of a vendor format, merged over that of the base; ${at} and ${at:nanos} in its texts are its time.'),
  raw: z.string().optional().describe('One line of a log, as it is written; ${at} in it is its time.'),
});
const advance = z.strictObject({ advance: offset.describe('Time passes by so much after the newest event, and nothing comes.') });
const silence = z.strictObject({ silence: offset.describe('The source is silent for so long: what depends on it is undecided.') });
export const stepSchema = z.union([event, advance, silence]);

const STAGES = ['opened', 'continued', 'closed', 'merged'] as const;
const expected = z
  .looseObject({
    at: offset.optional().describe('When it opens, after the start of the case.'),
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

export const caseSchema = z.strictObject({
  name: z.string().min(1),
  start: z
    .string()
    .refine((text) => parseIsoTime(text) !== undefined, 'not an instant: write 2026-11-20T08:00:00Z')
    .optional()
    .describe('Default: 2026-11-20T08:00:00Z.'),
  context: context.optional(),
  events: z.array(stepSchema),
  expect: z.array(expected).describe('Every alert that opens, no more and no less.'),
  undecided: z.array(object).optional().describe('Groups for which the rule could not be judged.'),
  near: z
    .strictObject({ missing: z.int().min(1) })
    .optional()
    .describe('How many events, values or steps the nearest miss lacked, as explain says.'),
});

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
export type Expected = Case['expect'][number];
