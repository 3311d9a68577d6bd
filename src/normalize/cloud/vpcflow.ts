import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, fixedRoute, integer, path, text } from '../format.ts';
import { transportOf } from '../network/ip-protocols.ts';

// Version 2, the default; later versions append to it in this order (Amazon VPC user guide, "Available fields").
const COLUMNS = [
  ...['version', 'account_id', 'interface_id', 'srcaddr', 'dstaddr', 'srcport', 'dstport', 'protocol', 'packets', 'bytes', 'start'],
  ...['end', 'action', 'log_status', 'vpc_id', 'subnet_id', 'instance_id', 'tcp_flags', 'type', 'pkt_srcaddr', 'pkt_dstaddr', 'region'],
  ...['az_id', 'sublocation_type', 'sublocation_id', 'pkt_src_aws_service', 'pkt_dst_aws_service', 'flow_direction', 'traffic_path'],
];
const LINE = /^[2-9] (?:\d{12}|unknown|-) eni-[0-9a-f]{8,17} /;

/** A line of a log whose first line names its columns, in any order and choice. */
function byColumns(text: string, names: readonly string[]): JsonObject | undefined {
  const words = text.trimEnd().split(' ');
  if (words.length !== names.length) return undefined;
  const document: Record<string, JsonValue> = { message: text };
  names.forEach((name, i) => {
    const value = words[i] as string;
    // The line of names itself says nothing more.
    if (value !== '-' && value !== name) document[name.replaceAll('-', '_')] = value;
  });
  return document;
}

function parse({ text, body, columns }: TextLine): JsonObject | undefined {
  const named = columns?.kind === 'vpcflow' ? byColumns(text, columns.names) : undefined;
  if (named !== undefined) return named;
  if (!LINE.test(body)) return undefined;
  const values = body.trimEnd().split(' ');
  if (values.length < 14) return undefined;
  const document: Record<string, JsonValue> = { message: body };
  COLUMNS.forEach((name, i) => {
    const value = values[i];
    if (value !== undefined && value !== '-') document[name] = value;
  });
  return document;
}

const iso = (name: string) =>
  text(path(name), (value) => (/^\d{9,11}$/.test(value) ? new Date(Number(value) * 1000).toISOString() : undefined));
const labels = [{ product: 'aws', service: 'vpcflow' }, { category: 'firewall' }, { service: 'netflow' }];

/** Amazon VPC flow logs in the default column order, versions 2 to 5, or in the order of the file's first line; a line without data is an event without ends. */
export const awsVpcflow: Format = {
  name: 'aws.vpcflow',
  recognizes: () => false,
  parse,
  discriminators: [],
  route: fixedRoute(...labels),
  logsources: labels,
  time: path('end', 'start'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('aws'),
    'event.category': constant(['network']),
    'event.type': compute([path('action')], (action) =>
      action === 'ACCEPT' ? ['connection', 'allowed'] : action === 'REJECT' ? ['connection', 'denied'] : ['connection'],
    ),
    'event.action': text(path('action'), (action) => action.toLowerCase()),
    'event.outcome': text(path('action'), (action) => (action === 'ACCEPT' ? 'success' : 'failure')),
    'event.start': iso('start'),
    'event.end': iso('end'),
    'source.address': path('srcaddr'),
    'source.ip': address(path('srcaddr')),
    'source.port': integer(path('srcport')),
    'source.bytes': integer(path('bytes')),
    'source.packets': integer(path('packets')),
    'destination.address': path('dstaddr'),
    'destination.ip': address(path('dstaddr')),
    'destination.port': integer(path('dstport')),
    'network.bytes': integer(path('bytes')),
    'network.packets': integer(path('packets')),
    'network.iana_number': path('protocol'),
    'network.transport': text(path('protocol'), transportOf),
    'network.type': text(path('type', 'srcaddr'), (value) =>
      /^IPv[46]$/.test(value) ? value.toLowerCase() : value.includes(':') ? 'ipv6' : 'ipv4',
    ),
    'network.direction': path('flow_direction'),
    'cloud.provider': constant('aws'),
    'cloud.account.id': path('account_id'),
    'cloud.region': path('region'),
    'cloud.instance.id': path('instance_id'),
    'aws.vpcflow.interface_id': path('interface_id'),
    'aws.vpcflow.log_status': path('log_status'),
    'aws.vpcflow.vpc_id': path('vpc_id'),
    'aws.vpcflow.subnet_id': path('subnet_id'),
    'aws.vpcflow.tcp_flags': path('tcp_flags'),
    'aws.vpcflow.pkt_srcaddr': path('pkt_srcaddr'),
    'aws.vpcflow.pkt_dstaddr': path('pkt_dstaddr'),
  },
};
