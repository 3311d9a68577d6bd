import { userInfo } from 'node:os';
import { WardlineError } from '../shared/errors.ts';
import { printable } from '../shared/table.ts';
import { topicsKnown } from '../source/kafka/numbering.ts';
import { openStore } from '../store/store.ts';
import { type Register, storeOption } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

type ResetFlags = { readonly store: string; readonly topic: string; readonly reason: string; readonly by?: string };

const MAX_REASON = 4000;

/** `wardline source reset`: a request in the store that the next engine takes up, writes to the evidence and acts on. */
function resetSource(source: string, { store: path, topic, reason: given, by }: ResetFlags, io: Io): number {
  const reason = given.trim();
  if (reason === '' || reason.length > MAX_REASON)
    throw new WardlineError('usage', `--reason says why, in 1 to ${MAX_REASON} characters: it is kept in the evidence`);
  const actor = by ?? io.environment['WARDLINE_ACTOR'] ?? userInfo().username;
  const store = openStore(path, { beside: true });
  try {
    const topics = topicsKnown(store.partitions.of(source));
    if (!topics.includes(topic)) {
      const known = topics.length === 0 ? 'no Kafka source of this name was read' : `it has read ${topics.join(', ')}`;
      throw new WardlineError('usage', `source "${printable(source)}" has read no topic "${printable(topic)}": ${known}`);
    }
    store.partitions.requestReset({ source, topic, actor, at: io.clock.now(), reason });
  } finally {
    store.close();
  }
  io.out(`when the engine starts next, ${topic} is read from its beginning as another log; the loss is written to the evidence\n`);
  return EXIT.ok;
}

export const registerSource: Register = (program, { io, done }) => {
  program
    .command('source')
    .description('sources that a person has to decide about')
    .command('reset')
    .argument('<name>', 'the source, a Kafka source of the settings')
    .description('read a topic that was deleted and made anew, or whose log was cut, from its beginning')
    .requiredOption('--topic <topic>', 'the topic')
    .requiredOption('--reason <text>', 'why; it is kept in the evidence')
    .option('--by <name>', 'who says so (default: WARDLINE_ACTOR, else the user)')
    .addOption(storeOption())
    .action((source: string, flags: ResetFlags) => done(resetSource(source, flags, io)));
};
