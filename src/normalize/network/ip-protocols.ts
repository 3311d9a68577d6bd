import type { FieldSource } from '../../event/field-source.ts';
import { entryOf, firstOf, text } from '../format.ts';

/** Assigned Internet protocol numbers (IANA). */
const TRANSPORTS: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '2': 'igmp',
  '6': 'tcp',
  '17': 'udp',
  '47': 'gre',
  '50': 'esp',
  '51': 'ah',
  '58': 'ipv6-icmp',
  '132': 'sctp',
};

/** `network.transport` of a protocol's number; undefined for a number without a usual name. */
export const transportOf = (number: string): string | undefined => entryOf(TRANSPORTS, number);

/** `network.transport` and `network.iana_number` from where a product has either the number or the name. */
export const protocolFields = (source: FieldSource) => ({
  'network.transport': firstOf(
    text(source, transportOf),
    text(source, (value) => (/^\d+$/.test(value) ? undefined : value.toLowerCase())),
  ),
  'network.iana_number': text(source, (value) => (/^\d{1,3}$/.test(value) ? value : undefined)),
});
