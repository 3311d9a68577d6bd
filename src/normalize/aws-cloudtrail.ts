import { address, compute, constant, type Format, firstOf, fixedRoute, lookup, path, text } from './format.ts';

const label = { product: 'aws', service: 'cloudtrail' };
const arnTail = (arn: string): string | undefined => arn.split('/').at(-1);

/** AWS CloudTrail event records (CloudTrail record contents, version 1.x). */
export const awsCloudtrail: Format = {
  name: 'aws.cloudtrail',
  recognizes: (document) => typeof document['eventSource'] === 'string' && typeof document['eventName'] === 'string',
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('eventTime', '@timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('aws'),
    'event.id': path('eventID'),
    'event.action': path('eventName'),
    'event.provider': path('eventSource'),
    'event.outcome': compute([path('errorCode'), path('errorMessage'), path('responseElements.ConsoleLogin')], (code, message, login) =>
      (code ?? undefined) !== undefined || (message ?? undefined) !== undefined || login === 'Failure' ? 'failure' : 'success',
    ),
    'event.category': compute([path('eventName')], (name) =>
      name === 'ConsoleLogin' || name === 'AssumeRole' ? ['authentication'] : undefined,
    ),
    'event.type': compute([path('eventName')], (name) => (name === 'ConsoleLogin' ? ['start'] : undefined)),
    'error.code': path('errorCode'),
    'error.message': path('errorMessage'),
    'cloud.provider': constant('aws'),
    'cloud.region': path('awsRegion'),
    'cloud.account.id': path('recipientAccountId', 'userIdentity.accountId'),
    'user.name': firstOf(
      path('userIdentity.userName'),
      compute([path('userIdentity.type')], (type) => (type === 'Root' ? 'root' : undefined)),
      path('userIdentity.sessionContext.sessionIssuer.userName'),
      text(path('userIdentity.arn'), arnTail),
    ),
    'user.id': path('userIdentity.principalId'),
    'source.ip': address(path('sourceIPAddress')),
    // Calls made by AWS itself carry the name of the service instead of an address.
    'source.address': path('sourceIPAddress'),
    'user_agent.original': path('userAgent'),
    'wardline.access.action': path('eventName'),
    'wardline.access.resource.service': path('eventSource'),
    'wardline.access.subject.type': compute([path('userIdentity.type')], (type) =>
      type === 'AWSService' ? 'service' : type === 'IAMUser' || type === 'Root' ? 'human' : undefined,
    ),
    'wardline.access.auth.strength': firstOf(
      lookup(path('additionalEventData.MFAUsed'), { Yes: 'otp-push', No: 'single' }),
      lookup(path('userIdentity.sessionContext.attributes.mfaAuthenticated'), { true: 'otp-push', false: 'single' }),
    ),
    'tls.version_protocol': compute([path('tlsDetails.tlsVersion')], (value) => (typeof value === 'string' ? 'tls' : undefined)),
    'tls.version': text(path('tlsDetails.tlsVersion'), (value) => /^TLSv([\d.]+)$/.exec(value)?.[1]),
  },
};
