import { Session } from 'node:inspector/promises';
import { getHeapSpaceStatistics } from 'node:v8';

/** Bytes in use after forced collections: the heap without code, and buffers outside of it. */
export async function heapBytes(): Promise<number> {
  const session = new Session();
  session.connect();
  for (let i = 0; i < 3; i++) await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
  const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) => !/code|trusted/.test(name));
  return spaces.reduce((sum, { space_used_size: used }) => sum + used, process.memoryUsage().arrayBuffers);
}
