// Bytes that one idle group of each anomaly type holds: `node --disallow-code-generation-from-strings bench/anomaly-state.ts`.
// Groups are filled with eight days of matches and left until the last pane is over; heap after a forced collection, one
// process per type.
import { execFileSync } from 'node:child_process';
import { Session } from 'node:inspector/promises';
import { ANOMALY_CASES, type AnomalyCase, statesOf } from './anomaly.ts';

const GROUPS = 2000;
/** Bytes that a baseline of numbers may take. */
const MOST = 256;
const BASELINES: readonly AnomalyCase[] = ['spike', 'seasonal', 'bytes', 'time-of-day'];
const type = ANOMALY_CASES.find((name) => name === process.argv[2]);
if (type === undefined) {
  for (const name of ANOMALY_CASES)
    process.stdout.write(execFileSync(process.execPath, [...process.execArgv, import.meta.filename, name], { encoding: 'utf8' }));
} else await measure(type);

async function measure(name: AnomalyCase): Promise<void> {
  const session = new Session();
  session.connect();
  const heap = async (): Promise<number> => {
    for (let i = 0; i < 3; i++) await session.post('HeapProfiler.collectGarbage');
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  statesOf(name, 200);
  const before = await heap();
  const states = statesOf(name, GROUPS);
  const bytes = ((await heap()) - before) / states.length;
  console.log(
    `${name.padEnd(12)} ${bytes.toFixed(0).padStart(7)} bytes per group${BASELINES.includes(name) ? (bytes > MOST ? `, missed: the mark is ${MOST}` : `, within ${MOST}`) : ''}`,
  );
}
