import { z } from 'zod';
import { durationMs } from '../shared/duration-setting.ts';

/** One planted event, or a series of them, that must raise an alert of one rule: proof that the rule still fires. */
export const canarySettings = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, { error: 'lower-case letters, digits, dot, dash and underscore' })
    .describe('Names it in evidence and reports.'),
  rule: z.string().min(1).describe('Id or name of the rule that must alert.'),
  source: z.string().min(1).describe('The source whose format, log source and zone the lines are read with.'),
  lines: z
    .array(z.string().min(1))
    .min(1)
    .max(1000)
    .describe(
      'Records as the source would give them. {time} is the time in ISO 8601, {syslog} as "Nov  5 06:07:08", {canary} a name of its own.',
    ),
  repeat: z.int().min(1).max(1000).default(1).describe('How often the lines are planted, one series after the other.'),
  spacing: durationMs.prefault('1s').describe('Time from one planted record to the next.'),
  every: durationMs.prefault('1h').describe('How often it is planted.'),
  inject: z
    .enum(['engine', 'topic'])
    .default('engine')
    .describe("engine: handed to the source's reader; topic: appended to the topic that the Kafka source reads, and read from there."),
  topic: z.string().min(1).optional().describe('With inject: topic; default: the first topic that the source names.'),
  receiver: z.string().optional().describe('A sink that must take the alert; left out, the canary ends at the alert.'),
});
export type CanarySettings = z.infer<typeof canarySettings>;
