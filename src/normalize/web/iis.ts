import { type Columns, isDirective } from '../../decode/columns.ts';
import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, fixedRoute, integer, path, scaled, text } from '../format.ts';
import { requestParts, urlFields } from './request.ts';
import { userAgentFields } from './user-agent.ts';

const IP = '[0-9a-fA-F.:]{3,45}(?:%\\d{1,5})?';
// W3C extended format. The fields before the client stand in one order in all versions; those behind it are told apart by their shape.
const FRONT = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d) (?:(W3SVC\\d{1,10}|\\S{1,64}) (?:(\\S{1,255}) )?)?(${IP}) ([A-Za-z_-]{1,32}) (\\S{1,16384}) (\\S{1,16384}) (\\d{1,5}) (\\S{1,255}) (${IP}|-) (.*)$`,
);
// http.sys error log: date time c-ip c-port s-ip s-port version method uri [streamid] status siteid reason queue.
const ERROR = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d) (${IP}|-) (\\d{1,5}|-) (${IP}|-) (\\d{1,5}|-) (?:HTTP/([\\d.]{1,4})|-) (\\S{1,255}) (.{1,16384}?) (?:(?:-|\\d{1,10}) )?(\\d{3}|-) (\\d{1,10}|-) (\\S{1,64}) (\\S{1,255})$`,
);

type Parts = Readonly<Record<string, string | undefined>>;
const given = (parts: Parts): JsonObject =>
  Object.fromEntries(Object.entries(parts).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '-'));
/** Blanks inside a field are written as plus signs. */
const spaced = (value: string | undefined): string | undefined => value?.replaceAll('+', ' ');

/** Columns of the W3C format by the name they have in a document. */
const W3C_NAMES: Readonly<Record<string, string>> = {
  's-sitename': 'site',
  's-computername': 'computer',
  's-ip': 'server',
  'cs-method': 'method',
  'cs-uri-stem': 'stem',
  'cs-uri-query': 'query',
  's-port': 'port',
  'cs-username': 'user',
  'c-ip': 'client',
  'cs-version': 'version',
  'cs(User-Agent)': 'agent',
  'cs(Cookie)': 'cookie',
  'cs(Referer)': 'referrer',
  'cs-host': 'host',
  'sc-status': 'status',
  'sc-substatus': 'substatus',
  'sc-win32-status': 'win32',
  'sc-bytes': 'sent',
  'cs-bytes': 'received',
  'time-taken': 'taken',
  'X-Forwarded-For': 'forwarded',
};

/** A line by the columns its file names, in whatever order an administrator chose them. */
function byColumns({ text: line }: TextLine, { names, about }: Columns): JsonObject | undefined {
  const isIis = /Internet Information Services/.test(about.get('software') ?? '') || names.includes('cs-uri-stem');
  if (!isIis) return undefined;
  if (isDirective(line)) return { message: line };
  const words = line.trimEnd().split(' ');
  if (words.length !== names.length) return undefined;
  const values = new Map(names.map((name, i) => [name, words[i] as string]));
  const out: Record<string, string | undefined> = {
    timestamp: `${values.get('date') ?? about.get('date')?.slice(0, 10)} ${values.get('time')}`,
  };
  for (const [name, value] of values) {
    const known = entryOf(W3C_NAMES, name) ?? name;
    if (known === 'query' || known === 'agent') out[known] = spaced(value);
    else if (known === 'version') out[known] = value.replace(/^HTTP\//, '');
    else if (known === 'forwarded') out[known] = value.split(/,\+?/)[0];
    else if (name !== 'date' && name !== 'time') out[known] = value;
  }
  return { ...given(out), message: line };
}

function parse(line: TextLine): JsonObject | undefined {
  return (line.columns?.kind === 'w3c' ? byColumns(line, line.columns) : undefined) ?? byShape(line);
}

function byShape({ text: line }: TextLine): JsonObject | undefined {
  const front = FRONT.exec(line);
  if (front === null) return undefined;
  const [, timestamp, site, computer, server, method, stem, query, port, user, client, rest = ''] = front;
  const words = rest.trimEnd().split(' ');
  const tail = behindClient(words);
  if (tail === undefined) return undefined;
  return {
    ...given({ timestamp, site, computer, server, method, stem, query: spaced(query), port, user, client, ...tail }),
    message: line,
  };
}

/** `[version] [agent] [cookie] [referrer] [host] status substatus win32 [sent received] [taken]`. */
function behindClient(words: readonly string[]): Parts | undefined {
  const at = words.findIndex(
    (word, i) => /^\d{3}$/.test(word) && /^\d{1,10}$/.test(words[i + 1] ?? '') && /^\d{1,10}$/.test(words[i + 2] ?? ''),
  );
  if (at < 0) return undefined;
  const version = /^HTTP\/([\d.]+)$/.exec(words[0] ?? '')?.[1];
  const named = words.slice(version === undefined ? 0 : 1, at);
  const [status, substatus, win32, ...more] = words.slice(at);
  const counts = more.filter((word) => /^\d{1,20}$/.test(word));
  // An own column for the header a proxy sets, as IIS puts it behind its own.
  const forwarded = more.find((word) => /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)(?:,|$)/.test(word))?.split(',')[0];
  const [agent, second, third, fourth] = named;
  const [cookie, referrer, host] =
    named.length >= 4 ? [second, third, fourth] : named.length === 3 ? [undefined, second, third] : [undefined, second, undefined];
  const [sent, received] = counts.length >= 3 ? counts : [];
  return {
    version,
    agent: spaced(agent),
    cookie,
    referrer,
    host,
    status,
    substatus,
    win32,
    sent,
    received,
    forwarded,
    taken: counts.length >= 3 ? counts[2] : counts[0],
  };
}

const label = { category: 'webserver', product: 'iis', service: 'iis' };
const labels = [label, { category: 'webserver', product: 'windows', service: 'iis' }];
const outcome = compute([path('status')], (status) => (status === undefined ? undefined : Number(status) < 400 ? 'success' : 'failure'));
const common: Format['fields'] = {
  'event.kind': constant('event'),
  'event.module': constant('iis'),
  'event.category': constant(['web', 'network']),
  'event.type': constant(['connection']),
  'event.outcome': outcome,
  'source.address': path('client'),
  'source.ip': address(path('client')),
  'destination.address': path('server'),
  'destination.ip': address(path('server')),
  'destination.port': integer(path('port')),
  'http.request.method': path('method'),
  'http.version': path('version'),
  'http.response.status_code': integer(path('status')),
};

/** Access log of Microsoft IIS in the W3C format, in the orders its versions write by default. Times are UTC. */
export const iisAccess: Format = {
  name: 'iis.access',
  recognizes: () => false,
  parse,
  discriminators: [],
  route: fixedRoute(...labels),
  logsources: labels,
  time: text(path('timestamp'), (value) => `${value}Z`),
  vendor: (field) => (Object.hasOwn(W3C, field) ? W3C[field] : undefined),
  fields: {
    ...common,
    ...urlFields(path('stem')),
    'url.query': path('query'),
    'url.domain': path('host'),
    'destination.domain': path('host'),
    'user.name': path('user'),
    'event.duration': scaled(path('taken'), 1_000_000),
    'http.request.referrer': path('referrer'),
    'http.request.body.bytes': integer(path('received')),
    'http.response.body.bytes': integer(path('sent')),
    'network.forwarded_ip': path('forwarded'),
    ...userAgentFields('agent'),
    'iis.access.site_name': path('site'),
    'iis.access.server_name': path('computer'),
    'iis.access.cookie': path('cookie'),
    'iis.access.sub_status': integer(path('substatus')),
    'iis.access.win32_status': integer(path('win32')),
  },
};

/** Names of the W3C format, as public rules write them. */
const W3C: Readonly<Record<string, ReturnType<typeof path>>> = {
  'cs-uri-stem': path('stem'),
  'cs-uri-query': path('query'),
  'cs-username': path('user'),
  's-ip': path('server'),
  's-port': path('port'),
  'sc-substatus': path('substatus'),
  'sc-win32-status': path('win32'),
  'cs(User-Agent)': path('agent'),
  'cs(Referer)': path('referrer'),
};

/** Error log of http.sys (HTTPERR), which holds what never reached a site. */
export const iisError: Format = {
  name: 'iis.error',
  recognizes: () => false,
  parse: ({ text: line }) => {
    const found = ERROR.exec(line.trimEnd());
    if (found === null) return undefined;
    const [, timestamp, client, client_port, server, port, version, method, target, status, site, reason, queue] = found;
    const request = requestParts(`${method} ${target}`);
    return { ...given({ timestamp, client, client_port, server, port, version, status, site, reason, queue }), ...request, message: line };
  },
  discriminators: [],
  route: fixedRoute(...labels),
  logsources: labels,
  time: text(path('timestamp'), (value) => `${value}Z`),
  fields: {
    ...common,
    ...urlFields(path('target')),
    'source.port': integer(path('client_port')),
    'iis.error.reason_phrase': path('reason'),
    'iis.error.queue_name': path('queue'),
  },
};
