import { z } from 'zod';
import { LEVELS } from '../ir/rule.ts';

const texts = z.union([z.string(), z.array(z.string())]);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const fields = z.record(z.string(), z.union([scalar, z.array(scalar)]));
const conditional = z.intersection(
  z.looseObject({ condition: z.union([z.string(), z.array(z.string())]) }),
  z.record(z.string(), z.unknown()),
);

/** What editors are told about exceptions; `wardline check` decides. */
export const exceptionSchema = z.strictObject({
  kind: z.literal('Exception'),
  schema: z.literal(1).optional(),
  id: z.string(),
  title: z.string().optional(),
  rules: texts.optional().describe('Ids or names of the rules it is about; a match of theirs is asked.'),
  tags: texts.optional().describe('Or tags that the rules have.'),
  when: z
    .union([conditional, fields, z.array(z.union([fields, scalar]))])
    .describe('Which events: a selection as in a Sigma rule, or selections with a condition.'),
  owner: z.string().describe('Who answers for it.'),
  ticket: z.string().optional(),
  reason: z.string(),
  starts: z.string().describe('In force for events from here on (event time): 2026-11-20 or 2026-11-20T08:00:00Z.'),
  expires: z.string().describe('Up to, not including, this time; at most 180 days later.'),
  effect: z
    .enum(['suppress', 'lower', 'tag'])
    .optional()
    .describe('suppress: the match does not count; lower: its alert has a lower level; tag: its alert names the exception.'),
  accepts: texts.optional().describe('Names of cases beside rules whose alert it may hide.'),
  level: z.enum(LEVELS).optional().describe('The level that lower lowers to.'),
});
