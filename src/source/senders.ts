import ipaddr from 'ipaddr.js';
import type { Logger } from '../shared/logger.ts';

/** Who may send where the protocol has no way to show who one is. */
export type Senders = { allow(address: string | undefined): boolean };

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Without a list everybody who reaches the listener may send. A stranger is logged once, by address. */
export function createSenders(
  { name, senders }: { readonly name: string; readonly senders?: readonly string[] | undefined },
  logger: Logger,
): Senders {
  if (senders === undefined) return { allow: () => true };
  const networks = senders.map((text) => ipaddr.parseCIDR(withPrefix(text)) as Network);
  const strangers = new Set<string>();
  return {
    allow(address) {
      const parsed = address !== undefined && ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
      const known =
        parsed !== undefined &&
        networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network as never, bits));
      if (!known && strangers.size < MAX_STRANGERS && !strangers.has(String(address))) {
        strangers.add(String(address));
        logger.warn({ source: name, sender: address }, 'a sender that is not in "senders" is turned away');
      }
      return known;
    },
  };
}

const MAX_STRANGERS = 1000;

const withPrefix = (text: string): string => (text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);

export function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(withPrefix(text));
}
