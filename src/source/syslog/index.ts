import { createListeningSource, type ListeningParts } from '../listening.ts';
import { createSenders } from '../senders.ts';
import type { SyslogSourceSettings } from '../settings.ts';
import type { Source } from '../source.ts';
import { listenToDatagrams } from './datagrams.ts';
import { listenToStreams } from './stream.ts';

/** Syslog as it comes over the network: a record is one message, read by `decode` as RFC 5424, RFC 3164 or plain text. */
export function createSyslogSource(settings: SyslogSourceSettings, deps: Pick<ListeningParts, 'clock' | 'logger' | 'inbox'>): Source {
  const senders = createSenders(settings, deps.logger);
  const listen = settings.transport === 'udp' ? listenToDatagrams : listenToStreams;
  return createListeningSource({ name: settings.name, ...deps, listen: (intake) => listen(settings, senders, deps.clock, intake) });
}
