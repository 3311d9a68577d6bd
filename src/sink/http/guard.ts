import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { WardlineError } from '../../shared/errors.ts';

/** Addresses no receiver may have unless it is allowed to be private: local, link-local, translated and reserved nets. */
const DENIED_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const DENIED_IPV6 = [
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

// IPv4-mapped addresses need no entry: the list looks them up as IPv4, and an entry for them would deny every IPv4 address.
const denied = new BlockList();
for (const net of DENIED_IPV4) denied.addSubnet(net.slice(0, net.indexOf('/')), Number(net.slice(net.indexOf('/') + 1)), 'ipv4');
for (const net of DENIED_IPV6) denied.addSubnet(net.slice(0, net.indexOf('/')), Number(net.slice(net.indexOf('/') + 1)), 'ipv6');

/** Is this an address that only private receivers have? Text that is no address counts as one. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const kind = isIP(plain);
  if (kind === 4) return denied.check(plain, 'ipv4');
  return kind === 6 ? denied.check(plain, 'ipv6') : true;
}

/**
 * Checks a receiver's URL: https unless `insecure`, no user info, and an address in the URL itself is judged at once (a
 * look-up hook alone is never asked about those). Throws WardlineError `settings`; the message names the host only.
 */
export function checkUrl(url: string, options: { readonly name: string; readonly insecure: boolean; readonly allowPrivate: boolean }): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new WardlineError('settings', `sink ${options.name}: the url is not a URL`);
  }
  const refuse = (why: string): never => {
    throw new WardlineError('settings', `sink ${options.name}: ${parsed.hostname} is refused: ${why}`);
  };
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && options.insecure)) refuse('use https, or set insecure: true');
  if (parsed.username !== '' || parsed.password !== '') refuse('no user and password in the url');
  const literal = parsed.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !options.allowPrivate && isPrivateAddress(literal))
    refuse('a private address; set allowPrivate: true if it is meant');
  return parsed;
}

/** A resolver that gives only addresses that may be called; the connection then goes to exactly the address checked. */
export function guardedLookup(allowPrivate: boolean, resolve: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = (Array.isArray(found) ? found : [found]) as { address: string; family: number }[];
      const allowed = allowPrivate ? addresses : addresses.filter(({ address }) => !isPrivateAddress(address));
      if (allowed.length === 0 || allowed.length < addresses.length) {
        return callback(Object.assign(new Error(`${hostname} resolves to a private address`), { code: 'EPRIVATE' }), []);
      }
      const [first] = allowed;
      return options.all === true
        ? callback(null, allowed)
        : callback(null, (first as { address: string }).address, (first as { family: number }).family);
    });
  };
}
