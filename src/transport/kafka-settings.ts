import { z } from 'zod';
import { secretText } from '../shared/secret.ts';

/** How a Kafka cluster is reached, as sources and sinks write it. */
export const kafkaConnectionSettings = {
  brokers: z.array(z.string().min(1)).min(1).describe('Brokers to begin with, host:port; the others are learnt from them.'),
  clientId: z.string().min(1).default('wardline').describe('How this client is called in the logs of the brokers.'),
  ssl: z
    .strictObject({
      ca: z.string().optional().describe('Authority that signed the certificates of the brokers.'),
      cert: z.string().optional().describe('Our certificate, for mutual TLS.'),
      key: secretText.optional().describe('Key of cert.'),
    })
    .optional()
    .describe('TLS; an empty one ({}) trusts the authorities of the system. ca, cert and key hold PEM text.'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('plain sends the password as it is and needs ssl.'),
      username: z.string().min(1).describe('The user of the cluster.'),
      password: secretText.describe('The password of the user.'),
    })
    .optional()
    .describe('How we sign in at the brokers; left out: not at all.'),
};
const connection = z.object(kafkaConnectionSettings);
export type KafkaConnectionSettings = z.infer<typeof connection>;
