import kafkajs, { type Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { WardlineError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { registerKafkaCodecs } from './kafka-codecs.ts';
import type { KafkaConnectionSettings } from './kafka-settings.ts';

/** The client of one cluster. `who` names the source or sink in the error about settings that cannot be used. */
export function createKafkaClient(who: string, { brokers, clientId, ssl, sasl }: KafkaConnectionSettings, logger: Logger): Kafka {
  if (sasl?.mechanism === 'plain' && ssl === undefined)
    throw new WardlineError('settings', `${who}: SASL plain sends the password as it is; it needs ssl`);
  registerKafkaCodecs();
  let told = false;
  const tls = {
    ...(ssl?.ca === undefined ? {} : { ca: [ssl.ca] }),
    ...(ssl?.cert === undefined ? {} : { cert: ssl.cert }),
    ...(ssl?.key === undefined ? {} : { key: ssl.key.reveal() }),
  };
  return new kafkajs.Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 10_000,
    ...(ssl === undefined ? {} : { ssl: tls }),
    ...(sasl === undefined
      ? {}
      : { sasl: { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password.reveal() } as SASLOptions }),
    logLevel: logLevel.WARN,
    // What the client calls errors are mostly tries that it repeats; what ends a source or a call is thrown.
    logCreator:
      () =>
      ({ namespace, level, log }) => {
        logger.debug({ kafka: log['error'] ?? undefined }, log.message);
        if (told || level !== logLevel.ERROR || namespace !== 'Connection') return;
        // The first of them is said aloud: until the last try has failed nothing else would be.
        told = true;
        logger.warn({ broker: log['broker'], error: log['error'] ?? log.message }, `${who}: no answer of Kafka yet; it is tried again`);
      },
  });
}
