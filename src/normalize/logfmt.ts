import { keyValues } from '../decode/key-values.ts';
import { type Format, fixedRoute, path, text } from './format.ts';

/** `level=info msg="..." ts=...`: a line that is key value pairs from its beginning. */
export const logfmt: Format = {
  name: 'logfmt',
  recognizes: () => false,
  parse: ({ syslog, body }, named) => {
    if (!/^[A-Za-z_][\w.-]{0,63}=(?:"|\S)/.test(body)) return undefined;
    const pairs = keyValues(body);
    // One equals sign is no format: a time, a level or a message are what makes a line a log line of this kind.
    const known = ['ts', 'time', 'timestamp', 't', 'level', 'lvl', 'msg', 'severity'].some((key) => Object.hasOwn(pairs, key));
    if (!named && (!known || Object.keys(pairs).length < 2)) return undefined;
    return { ...(syslog ?? {}), ...pairs, message: pairs['msg'] ?? body };
  },
  discriminators: [],
  route: fixedRoute(),
  logsources: [],
  time: path('ts', 'time', 'timestamp', 't'),
  fields: {
    message: path('message'),
    'host.hostname': path('hostname'),
    'log.level': text(path('level', 'lvl', 'severity'), (value) => value.toLowerCase()),
    'log.logger': path('logger', 'component', 'caller'),
    'error.message': path('error', 'err'),
    'trace.id': path('trace_id', 'traceID', 'traceId'),
    'span.id': path('span_id', 'spanID', 'spanId'),
  },
};
