import type { KeyedLog } from '../../src/transport/port.ts';

/** A compacted topic in memory. */
export function memoryKeyedLog(): KeyedLog & { readonly entries: Map<string, Uint8Array>; readonly written: string[] } {
  const entries = new Map<string, Uint8Array>();
  const written: string[] = [];
  const keyOf = (partition: number, key: string): string => `${partition} ${key}`;
  return {
    entries,
    written,
    end: async () => BigInt(written.length),
    read: async (partition) =>
      new Map(
        [...entries]
          .filter(([key]) => key.startsWith(`${partition} `))
          .map(([key, value]) => [key.slice(keyOf(partition, '').length), value]),
      ),
    async write(partition, list) {
      for (const { key, value } of list) {
        written.push(`${value === null ? '-' : '+'}${key.slice(0, 1)}`);
        if (value === null) entries.delete(keyOf(partition, key));
        else entries.set(keyOf(partition, key), Uint8Array.from(value));
      }
    },
  };
}
