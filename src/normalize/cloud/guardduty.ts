import { address, compute, constant, type Format, firstOf, fixedRoute, integer, path, text } from '../format.ts';

const label = { product: 'aws', service: 'guardduty' };
const ACTIONS = [
  'networkConnectionAction',
  'awsApiCallAction',
  'portProbeAction.portProbeDetails',
  'kubernetesApiCallAction',
  'rdsLoginAttemptAction',
] as const;
const remote = (rest: string) =>
  path(
    ...(ACTIONS.flatMap((action) => [
      `service.action.${action}.remoteIpDetails.${rest}`,
      `Service.Action.${action}.RemoteIpDetails.${rest}`,
    ]) as unknown as [string, ...string[]]),
  );
const network = 'service.action.networkConnectionAction';

/** Amazon GuardDuty findings, as EventBridge and S3 exports give them. */
export const awsGuardduty: Format = {
  name: 'aws.guardduty',
  recognizes: ({ schemaVersion, service, type }) =>
    schemaVersion !== undefined &&
    typeof type === 'string' &&
    typeof service === 'object' &&
    service !== null &&
    (service as { readonly serviceName?: unknown }).serviceName === 'guardduty',
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('updatedAt', 'service.eventLastSeen', 'createdAt'),
  fields: {
    'event.kind': constant('alert'),
    'event.module': constant('aws'),
    'event.category': constant(['intrusion_detection']),
    'event.type': constant(['info']),
    'event.action': path('service.action.actionType'),
    'event.id': path('id'),
    'event.code': path('type'),
    'event.provider': path('service.serviceName'),
    'event.start': path('service.eventFirstSeen'),
    'event.end': path('service.eventLastSeen'),
    // A fraction in newer findings: 8.0, 5.5.
    'event.severity': text(path('severity'), (value) => (Number.isFinite(Number(value)) ? Math.round(Number(value)) : undefined)),
    'event.outcome': compute([path(`${network}.blocked`)], (blocked) => (blocked === true ? 'failure' : undefined)),
    message: path('description'),
    'rule.name': path('type'),
    'rule.description': path('title'),
    'rule.category': text(path('type'), (type) => type.split(':')[0]),
    'cloud.provider': constant('aws'),
    'cloud.account.id': path('accountId'),
    'cloud.region': path('region'),
    'cloud.instance.id': path('resource.instanceDetails.instanceId'),
    'cloud.machine.type': path('resource.instanceDetails.instanceType'),
    'cloud.availability_zone': path('resource.instanceDetails.availabilityZone'),
    'source.address': remote('ipAddressV4'),
    'source.ip': address(remote('ipAddressV4')),
    'source.port': integer(path(`${network}.remotePortDetails.port`)),
    'source.as.organization.name': remote('organization.asnOrg'),
    'source.geo.country_name': remote('country.countryName'),
    'source.geo.city_name': remote('city.cityName'),
    'destination.ip': firstOf(address(path(`${network}.localIpDetails.ipAddressV4`))),
    'destination.port': integer(path(`${network}.localPortDetails.port`)),
    'network.transport': text(path(`${network}.protocol`), (value) => value.toLowerCase()),
    'network.direction': text(path(`${network}.connectionDirection`), (value) =>
      /^(?:INBOUND|OUTBOUND)$/.test(value) ? value.toLowerCase() : undefined,
    ),
    'dns.question.name': path('service.action.dnsRequestAction.domain'),
    'user.name': path('resource.accessKeyDetails.userName', 'resource.kubernetesDetails.kubernetesUserDetails.username'),
    'user.id': path('resource.accessKeyDetails.principalId'),
    'orchestrator.cluster.name': path('resource.eksClusterDetails.name'),
    'process.name': path('service.runtimeDetails.process.name'),
    'process.executable': path('service.runtimeDetails.process.executablePath'),
    'process.pid': integer(path('service.runtimeDetails.process.pid')),
    'aws.guardduty.type': path('type'),
    'aws.guardduty.count': integer(path('service.count')),
    'aws.guardduty.resource.type': path('resource.resourceType'),
  },
};
