import { z } from 'zod';
import { formats } from './index.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const name = z.string().min(1);

/** One line of the table that says which events belong to which Sigma log source, added to the one that is built in. */
export const logsourceSettings = z.strictObject({
  format: z
    .enum(formats.map((format) => format.name) as [string, ...string[]])
    .optional()
    .describe('The log format whose events are meant; every format if it is not given.'),
  when: z
    .record(name, z.union([scalar, z.array(scalar).min(1)]))
    .refine((fields) => Object.keys(fields).length > 0, { error: 'name at least one field and its value' })
    .describe('Fields by the names rules use (Channel, EventID, event.provider) and the values they have; letter case is ignored.'),
  logsource: z
    .strictObject({
      category: name.optional().describe('For example process_creation.'),
      product: name.optional().describe('For example windows.'),
      service: name.optional().describe('For example security.'),
    })
    .refine((source) => Object.values(source).some((value) => value !== undefined), { error: 'give category, product or service' })
    .describe('What such events are, besides what they are already.'),
  aliases: z
    .record(name, name)
    .default({})
    .describe('Names that rules of this log source use, and what the events call them: Image: ProcessPath.'),
});

export type LogsourceSettings = z.infer<typeof logsourceSettings>;
