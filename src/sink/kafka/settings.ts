import { z } from 'zod';
import { kafkaConnectionSettings } from '../../transport/kafka-settings.ts';
import { sinkName } from '../sink-name.ts';

export const kafkaSinkSettings = z.strictObject({
  kind: z.literal('kafka'),
  name: sinkName,
  ...kafkaConnectionSettings,
  topic: z
    .string()
    .regex(/^[\w.-]{1,249}$/, { error: 'letters, digits, dot, dash and underscore' })
    .describe('It must exist.'),
});
export type KafkaSinkSettings = z.infer<typeof kafkaSinkSettings>;
