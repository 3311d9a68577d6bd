import { address, constant, type Format, fixedRoute, integer, path, text } from '../format.ts';

const label = { category: 'application', product: 'opencanary' };

/** Events of the honeypot OpenCanary: `logtype` says which of its services was touched. */
export const opencanary: Format = {
  name: 'opencanary',
  recognizes: (document) => Object.hasOwn(document, 'logtype') && Object.hasOwn(document, 'node_id'),
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('utc_time', 'local_time'),
  fields: {
    'event.kind': constant('alert'),
    'event.module': constant('opencanary'),
    'event.category': constant(['intrusion_detection']),
    'event.code': text(path('logtype'), (type) => type),
    'host.name': path('node_id'),
    'source.ip': address(path('src_host')),
    'source.port': integer(path('src_port')),
    'destination.ip': address(path('dst_host')),
    'destination.port': integer(path('dst_port')),
    'user.name': path('logdata.USERNAME'),
  },
};
