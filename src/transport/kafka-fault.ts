import { messageOf } from '../shared/errors.ts';

/** What the words of TLS and of a closed connection mean at a broker's port, in the order in which they are looked for. */
const MEANINGS: readonly (readonly [RegExp, tls: boolean, meaning: string])[] = [
  [
    /wrong version number|packet length too long|unknown protocol/i,
    true,
    'the port does not speak TLS: leave ssl out, or use the port for TLS',
  ],
  [/closed connection|socket hang up|ECONNRESET/i, false, 'the port is no Kafka broker, or one that wants TLS (ssl)'],
  [/connection timeout/i, true, 'the port does not answer as TLS does'],
];

/** An error of the client in one line, and what it means where its own words say it of something else. `tls`: with the setting `ssl`. */
export function kafkaFault(error: unknown, tls: boolean): string {
  // OpenSSL writes where in its own source it stopped.
  const said = messageOf(error)
    .replace(/[0-9A-F]{8,16}:error:[0-9A-F]+:SSL routines:[^:]*:([^:]*):[^\n]*/, 'TLS: $1')
    .trim();
  const meaning = MEANINGS.find(([words, withTls]) => withTls === tls && words.test(said))?.[2];
  return meaning === undefined ? said : `${said}; ${meaning}`;
}
