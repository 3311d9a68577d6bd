import { z } from 'zod';
import { isZone } from '../event/zone-shift.ts';
import { formats } from '../normalize/index.ts';
import { kafkaConnectionSettings } from '../transport/kafka-settings.ts';

/** Settings every source has. */
const common = {
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, { error: 'letters, digits, dot, dash and underscore, at most 100' })
    .describe('Names the source in alerts, evidence and positions; do not change it later.'),
  format: z
    .enum(formats.map(({ name }) => name) as [string, ...string[]])
    .optional()
    .describe('One log format; left out, each event is recognised by its content.'),
  logsource: z
    .strictObject({
      category: z.string().toLowerCase().optional(),
      product: z.string().toLowerCase().optional(),
      service: z.string().toLowerCase().optional(),
    })
    .optional()
    .describe('The Sigma log source of everything here, in place of what the format says.'),
  timezone: z
    .string()
    .refine(isZone, { error: 'no time zone; write a name such as Europe/Berlin or UTC, or an offset such as +02:00' })
    .optional()
    .describe('IANA zone of local times without one, for example Europe/Berlin.'),
};

export const fileSourceSettings = z.strictObject({
  kind: z.literal('file'),
  ...common,
  path: z.string().min(1).describe('A file or a folder (read recursively); .gz and .zst are unpacked.'),
  mode: z.enum(['once', 'follow']).default('once').describe('once: read to the end; follow: go on as the files grow and rotate.'),
});

export const kafkaSourceSettings = z.strictObject({
  kind: z.literal('kafka'),
  ...common,
  ...kafkaConnectionSettings,
  topics: z.array(z.string().min(1)).min(1),
  groupId: z.string().min(1).default('wardline'),
});

export const stdinSourceSettings = z.strictObject({ kind: z.literal('stdin'), ...common });

export const sourceSettings = z.discriminatedUnion('kind', [fileSourceSettings, kafkaSourceSettings, stdinSourceSettings]);
export type SourceSettings = z.infer<typeof sourceSettings>;
export type FileSourceSettings = z.infer<typeof fileSourceSettings>;
export type KafkaSourceSettings = z.infer<typeof kafkaSourceSettings>;
export type StdinSourceSettings = z.infer<typeof stdinSourceSettings>;
