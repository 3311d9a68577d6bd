import { z } from 'zod';
import { secretText } from '../shared/secret.ts';

/** How a Kafka cluster is reached, as sources and sinks write it. */
export const kafkaConnectionSettings = {
  brokers: z.array(z.string().min(1)).min(1),
  clientId: z.string().min(1).default('wardline'),
  ssl: z
    .strictObject({ ca: z.string().optional(), cert: z.string().optional(), key: secretText.optional() })
    .optional()
    .describe('TLS; ca, cert and key hold PEM text, key as ${env:} or ${file:}.'),
  sasl: z
    .strictObject({ mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']), username: z.string().min(1), password: secretText })
    .optional(),
};
const connection = z.object(kafkaConnectionSettings);
export type KafkaConnectionSettings = z.infer<typeof connection>;
