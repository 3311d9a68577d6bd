import ipaddr from 'ipaddr.js';

/** Networks with a value each; the longest prefix that holds an address answers. */
export type Networks<T> = { readonly size: number; find(address: string): T | undefined };

type Family = {
  readonly bits: number;
  readonly byPrefix: ReadonlyMap<number, ReadonlyMap<bigint, unknown>>;
  readonly prefixes: readonly number[];
};

/** One hash table per prefix length: a look-up asks at most one of each, however many networks there are. */
export function createNetworks<T>(entries: readonly (readonly [network: string, value: T])[]): Networks<T> {
  const families = new Map<number, Map<number, Map<bigint, T>>>([
    [32, new Map()],
    [128, new Map()],
  ]);
  let size = 0;
  for (const [network, value] of entries) {
    const [address, prefix] = ipaddr.parseCIDR(network);
    const bits = address.kind() === 'ipv4' ? 32 : 128;
    const tables = families.get(bits) as Map<number, Map<bigint, T>>;
    let table = tables.get(prefix);
    if (table === undefined) tables.set(prefix, (table = new Map()));
    const key = numberOf(address) >> BigInt(bits - prefix);
    if (!table.has(key)) size++;
    if (!table.has(key)) table.set(key, value);
  }
  const ordered = new Map<number, Family>(
    [...families].map(([bits, byPrefix]) => [bits, { bits, byPrefix, prefixes: [...byPrefix.keys()].sort((a, b) => b - a) }]),
  );
  return {
    size,
    find(text) {
      if (size === 0 || !ipaddr.isValid(text)) return undefined;
      const parsed = ipaddr.process(text);
      const { bits, byPrefix, prefixes } = ordered.get(parsed.kind() === 'ipv4' ? 32 : 128) as Family;
      const number = numberOf(parsed);
      for (const prefix of prefixes) {
        const table = byPrefix.get(prefix) as ReadonlyMap<bigint, T>;
        const value = table.get(number >> BigInt(bits - prefix));
        if (value !== undefined) return value;
      }
      return undefined;
    },
  };
}

function numberOf(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  return address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
