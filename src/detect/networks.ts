import { BlockList, isIPv6 } from 'node:net';

/** A network compiled for fast tests of event values; anything that is no address is outside. */
export type Network = (text: string) => boolean;

/** Four decimal numbers as one number, or -1. Leading zeros mean octal to some readers and decimal to others: no address. */
export function ipv4Number(text: string): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x2e) {
      if (octet < 0 || ++dots > 3) return -1;
      address = address * 256 + octet;
      octet = -1;
      digits = 0;
    } else if (c >= 0x30 && c <= 0x39) {
      if (octet === 0) return -1;
      octet = (octet < 0 ? 0 : octet) * 10 + c - 0x30;
      if (octet > 255 || ++digits > 3) return -1;
    } else return -1;
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : -1;
}

/** The addresses of a network of version 4: those that the mask makes the first of them; undefined for one of version 6. */
export function ipv4Range(network: string): { readonly first: number; readonly mask: number } | undefined {
  const [address = '', bits = '0'] = network.split('/');
  if (address.includes(':')) return undefined;
  const width = Number(bits);
  const mask = width === 0 ? 0 : (0xffffffff << (32 - width)) >>> 0;
  return { first: (ipv4Number(address) & mask) >>> 0, mask };
}

export function compileNetwork(network: string): Network {
  const range = ipv4Range(network);
  if (range === undefined) {
    const [address = '', bits = '0'] = network.split('/');
    return ipv6Network(address, Number(bits));
  }
  const { first, mask } = range;
  return (text) => {
    const value = ipv4Number(text.includes(':') ? mapped(text) : text);
    return value >= 0 && (value & mask) >>> 0 === first;
  };
}

function ipv6Network(address: string, width: number): Network {
  const list = new BlockList();
  list.addSubnet(address, width, 'ipv6');
  return (text) => {
    if (!text.includes(':')) return false;
    const plain = withoutZone(text);
    return isIPv6(plain) && list.check(plain, 'ipv6');
  };
}

const withoutZone = (text: string): string => (text.includes('%') ? text.slice(0, text.indexOf('%')) : text);

/** The IPv4 address inside `::ffff:a.b.c.d` (also in hexadecimal), or an empty text. */
function mapped(text: string): string {
  const found = /^(?:0{0,4}:){0,5}:?:?ffff:(?:(\d{1,3}(?:\.\d{1,3}){3})|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(withoutZone(text));
  if (found === null) return '';
  const [, dotted, high = '', low = ''] = found;
  if (dotted !== undefined) return dotted;
  const value = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
