import { address, compute, constant, type Format, firstOf, fixedRoute, integer, lookup, path, text } from '../format.ts';

const cloudflare = { product: 'cloudflare', service: 'access' };

/** Cloudflare Access requests (Logpush data set `access_requests`): the gateway decides and enforces in one record. */
export const cloudflareAccess: Format = {
  name: 'cloudflare.access',
  recognizes: (document) => Object.hasOwn(document, 'AppDomain') && Object.hasOwn(document, 'Allowed') && Object.hasOwn(document, 'RayID'),
  discriminators: [],
  route: fixedRoute(cloudflare),
  logsources: [cloudflare],
  time: path('CreatedAt'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('cloudflare'),
    'event.category': constant(['authentication', 'network']),
    'event.type': compute([path('Allowed')], (allowed) =>
      typeof allowed === 'boolean' ? ['access', allowed ? 'allowed' : 'denied'] : ['access'],
    ),
    'event.action': path('Action'),
    'event.id': path('RayID'),
    'event.outcome': compute([path('Allowed')], (allowed) =>
      typeof allowed === 'boolean' ? (allowed ? 'success' : 'failure') : undefined,
    ),
    'user.name': path('Email'),
    'user.id': path('UserUID'),
    'source.ip': address(path('IPAddress')),
    'source.geo.country_iso_code': text(path('Country'), (value) => (/^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined)),
    'url.domain': text(path('AppDomain'), (value) => value.replace(/\/.*$/, '')),
    'wardline.access.action': constant('connect'),
    'wardline.access.via': constant('ztna-gateway'),
    'wardline.access.resource.service': path('AppDomain'),
    'wardline.access.resource.id': path('AppUUID'),
    'wardline.access.subject.type': constant('human'),
    'wardline.decision.id': path('RayID'),
    'wardline.decision.pep.id': constant('cloudflare-access'),
    'wardline.decision.outcome': compute([path('Allowed')], (allowed) =>
      typeof allowed === 'boolean' ? (allowed ? 'allow' : 'deny') : undefined,
    ),
  },
};

const zpa = { product: 'zscaler', service: 'zpa' };

/** Zscaler Private Access user activity (log streaming service, JSON). */
export const zscalerZpa: Format = {
  name: 'zscaler.zpa',
  recognizes: (document) =>
    Object.hasOwn(document, 'ConnectionID') && Object.hasOwn(document, 'ConnectionStatus') && Object.hasOwn(document, 'Application'),
  discriminators: [],
  route: fixedRoute(zpa),
  logsources: [zpa],
  time: path('TimestampConnectionStart', 'LogTimestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('zscaler'),
    'event.category': constant(['network']),
    'event.type': compute([path('InternalReason')], (reason) => ['connection', isRefused(reason) ? 'denied' : 'allowed']),
    'event.action': path('ConnectionStatus'),
    'event.id': path('ConnectionID'),
    'event.reason': path('InternalReason'),
    'event.outcome': compute([path('InternalReason')], (reason) => (isRefused(reason) ? 'failure' : 'success')),
    'user.name': path('Username'),
    'source.ip': firstOf(address(path('ClientPublicIP')), address(path('ClientPrivateIP'))),
    'source.geo.country_iso_code': text(path('ClientCountryCode'), (value) => (/^[A-Z]{2}$/.test(value) ? value : undefined)),
    'destination.ip': address(path('ServerIP')),
    'destination.port': firstOf(integer(path('ServerPort')), integer(path('ServicePort'))),
    'destination.domain': path('Host'),
    'wardline.access.action': constant('connect'),
    'wardline.access.via': constant('ztna-gateway'),
    'wardline.access.resource.service': path('Application'),
    'wardline.access.session.id': path('SessionID'),
    'wardline.access.subject.type': constant('human'),
    'wardline.access.resource.protocol': lookup(path('IPProtocol'), { '6': 'tcp', '17': 'udp' }),
    'wardline.decision.id': path('ConnectionID'),
    'wardline.decision.pep.id': constant('zscaler-zpa'),
    'wardline.decision.policy.id': text(path('Policy'), (value) => (value === '' || value === '0' ? undefined : value)),
    'wardline.decision.outcome': compute([path('InternalReason'), path('Policy')], (reason, policy) => {
      if (isRefused(reason)) return 'deny';
      return typeof policy === 'string' && policy !== '' && policy !== '0' ? 'allow' : undefined;
    }),
  },
};

/** Reasons that name a policy or an approval: the connection was refused, and not broken. */
const isRefused = (reason: unknown): boolean => typeof reason === 'string' && /POLICY|REJECT|NOT_ALLOWED|BLOCK/i.test(reason);
