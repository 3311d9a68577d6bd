import { compute, type Format, fixedRoute, path } from './format.ts';

/** Documents that are already ECS: fields are where they belong, and are copied whole. */
export const ecs: Format = {
  name: 'ecs',
  recognizes: (document) => Object.hasOwn(document, 'ecs') || Object.hasOwn(document, 'ecs.version') || hasKind(document['event']),
  discriminators: [],
  route: fixedRoute(),
  logsources: [],
  time: path('@timestamp'),
  fields: {},
};

/** Any other JSON object: found by its own names; common names of time, message and level are understood. */
export const json: Format = {
  name: 'json',
  recognizes: () => true,
  discriminators: [],
  route: fixedRoute(),
  logsources: [],
  time: path('@timestamp', 'timestamp', 'time', 'ts', 'eventTime', 'datetime'),
  fields: {
    message: path('message', 'msg', 'log'),
    'trace.id': path('trace.id', 'trace_id', 'traceId', 'traceID'),
    'span.id': path('span.id', 'span_id', 'spanId', 'spanID'),
    'log.level': compute([path('level', 'severity', 'log.level')], (value) =>
      typeof value === 'string' ? value.toLowerCase() : undefined,
    ),
  },
};

/** A line nothing else understood: the text itself, never a guess at users or addresses in it. */
export const plainText: Format = {
  name: 'text',
  recognizes: () => false,
  discriminators: [],
  route: fixedRoute(),
  logsources: [],
  time: path('@timestamp'),
  fields: { message: path('message') },
};

function hasKind(event: unknown): boolean {
  return typeof event === 'object' && event !== null && Object.hasOwn(event, 'kind');
}
