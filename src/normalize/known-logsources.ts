import type { Logsource } from '../event/event.ts';
import { possibleLogsources } from './logsources.ts';

/** Of the Sigma taxonomy (appendix, version 2.1) and of public rules, what no format here gives; a source of the settings may. */
const SPECIFIED: readonly Logsource[] = [
  { product: 'fortios', service: 'sslvpnd' },
  { product: 'modsecurity' },
  { product: 'qualys' },
  { category: 'network' },
];

type Key = 'category' | 'product' | 'service';

/** Every category, product and service that formats give, that the taxonomy has, or that is of a configured source. */
export function knownLogsources(configured: readonly Logsource[]): Readonly<Record<Key, ReadonlySet<string>>> {
  const all = [...possibleLogsources({}), ...SPECIFIED, ...configured];
  const named = (key: Key): ReadonlySet<string> => new Set(all.flatMap((one) => one[key]?.toLowerCase() ?? []));
  return { category: named('category'), product: named('product'), service: named('service') };
}
