import { userInfo } from 'node:os';
import { WardlineError } from '../shared/errors.ts';
import type { Io } from './io.ts';

/** Who acts: as said, else `WARDLINE_ACTOR`, else the user of the system. Throws `usage` for a name that names nobody. */
export function actorOf(said: string | undefined, io: Io, option = '--by'): string {
  const by = (said ?? io.environment['WARDLINE_ACTOR'] ?? userInfo().username).trim();
  if (by === '') throw new WardlineError('usage', `${option} takes the name of who acts; left out, it is the user of the system`);
  return by;
}
