import { userInfo } from 'node:os';
import type { Io } from './io.ts';

/** Who acts: as said, else `WARDLINE_ACTOR`, else the user of the system. */
export const actorOf = (said: string | undefined, io: Io): string => said ?? io.environment['WARDLINE_ACTOR'] ?? userInfo().username;
