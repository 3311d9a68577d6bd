import { allRules } from '../sigma.ts';
import { differencesOf, type Peer } from './peer.ts';
import { rsigma } from './rsigma.ts';
import { sigmaRust } from './sigma-rust.ts';

/** Every peer that is not a package of npm, in one list. */
export const PEERS: Readonly<Record<string, Peer>> = { rsigma, 'sigma-rust': sigmaRust };

/** CPU time per event of our matcher on the same events: once warm (median of rounds), and in its first round after start. */
export type Ours = (every: number) => Promise<{ readonly warm: number; readonly cold: number }>;

const OUR_EVERY = 4;

/** Compares results first: what is read differently is listed by name, and the ratio stands below that list. */
export async function comparePeer(name: string, rounds: number, ours: Ours): Promise<object> {
  const peer = PEERS[name];
  if (peer === undefined) throw new Error(`no peer "${name}"; there are ${Object.keys(PEERS).join(', ')}`);
  if (!peer.present()) {
    console.log(`${peer.name}: peer not present; to build it: ${peer.build}`);
    return { peer: peer.name, present: false };
  }
  const result = peer.compare(peer.every, rounds);
  const differences = differencesOf(result);
  const alike = new Set([...result.ours, ...result.theirs].map(([rule]) => rule)).size - differences.length;
  console.log(`${peer.name}, ${result.events} events: ${result.theirs.length} matches, ${result.ours.length} of ours`);
  console.log(
    `  rules that matched and are read alike: ${alike}; read differently: ${differences.length}; refused: ${result.refused.size}`,
  );
  const titles = new Map(allRules().map(({ id, meta }) => [id, meta.title]));
  for (const { rule, theirs, ours: own } of differences.slice(0, 20))
    console.log(`    peer ${theirs}, ours ${own}  ${titles.get(rule)}  ${rule}`);
  if (differences.length > 20) console.log(`    and ${differences.length - 20} more (--json has all)`);
  if (alike === 0) {
    console.log('  no rule is read alike, so no ratio');
    return { peer: peer.name, differences };
  }
  const theirs = median(result.microseconds);
  // Ours on no fewer events than its anchors are chosen by; what an event costs does not depend on their number.
  const { warm, cold } = await ours(Math.min(peer.every, OUR_EVERY));
  console.log(
    `  ${theirs.toFixed(2)} us/event, ours ${warm.toFixed(2)} (first round after start ${cold.toFixed(2)}): ${(theirs / warm).toFixed(1)} x (${(theirs / cold).toFixed(1)} x)`,
  );
  return { peer: peer.name, events: result.events, microseconds: theirs, warm, cold, refused: [...result.refused], differences };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
