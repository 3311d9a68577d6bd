import { isObject, type JsonObject, type JsonValue } from '../../src/shared/json.ts';

export type Case = {
  readonly source: string;
  readonly stream: string;
  readonly raw: string;
  readonly context: { readonly 'event.timezone'?: string };
  readonly expected: Readonly<Record<string, JsonValue>>;
  readonly ignore: readonly string[];
};

/** Counts of (field, value) pairs: in both, in ours, in the peer's. */
export type Score = { readonly documents: number; readonly shared: number; readonly ours: number; readonly theirs: number };

/**
 * What no two engines can share: names of the peer's shipper and its files, what each engine says about itself, the input
 * of the case, and the original text, which is a setting in both. docs/formats.md repeats the list.
 */
const LEFT_OUT = [
  /^agent\./,
  /^ecs\.version$/,
  /^event\.(?:id|ingested|created|original|timezone)$/,
  /^fileset\./,
  /^host\.name$/,
  /^input\./,
  /^log\.(?:offset|flags|file\.path)$/,
  /^service\.type$/,
  /^wardline\./,
];

/** The formats a user would name for a source; undefined where recognition is what is wanted. */
const FORMATS: Readonly<Record<string, string>> = {
  'apache/access': 'apache.access',
  'apache/error': 'apache.error',
  'haproxy/log': 'haproxy',
  'linux_auditd/log': 'linux.auditd',
  'linux_auth/auth': 'linux.auth',
  'linux_syslog/syslog': 'linux.syslog',
  'nginx/access': 'nginx.access',
  'nginx/error': 'nginx.error',
  'nginx/ingress_controller': 'nginx.ingress_controller',
  'osquery/result': 'osquery.result',
  'postgresql/log': 'postgresql',
  'x_iis/access': 'iis.access',
  'x_iis/error': 'iis.error',
  'x_mongodb/log': 'mongodb',
  'x_mysql/error': 'mysql.error',
  'x_mysql/slowlog': 'mysql.slowlog',
  'x_redis/log': 'redis',
  'x_traefik/access': 'traefik.access',
};

export function formatOf({ source, stream }: Case): string | undefined {
  return FORMATS[`${source}/${stream}`] ?? FORMATS[`${source.replace(/_[a-z]+$/, '')}/${stream}`];
}

export function sum(a: Score, b: Score): Score {
  return { documents: a.documents + b.documents, shared: a.shared + b.shared, ours: a.ours + b.ours, theirs: a.theirs + b.theirs };
}

export type Comparison = { readonly shared: readonly string[]; readonly ours: readonly string[]; readonly theirs: readonly string[] };

/** Pairs in both documents, in ours alone, in the peer's alone. */
export function compareCase({ expected, ignore }: Case, document: JsonObject): Comparison {
  // Times without a year are dropped from the peer's published documents: then ours has nothing to be compared with.
  const skipped = new Set([...ignore, ...(Object.hasOwn(expected, '@timestamp') ? [] : ['@timestamp'])]);
  const theirs = pairsOf(expected, skipped);
  const ours = pairsOf(document, skipped);
  return {
    shared: [...ours].filter((pair) => theirs.has(pair)),
    ours: [...ours].filter((pair) => !theirs.has(pair)),
    theirs: [...theirs].filter((pair) => !ours.has(pair)),
  };
}

function pairsOf(document: JsonObject, skipped: ReadonlySet<string>): Set<string> {
  const pairs = new Set<string>();
  const walk = (name: string, value: JsonValue): void => {
    if (Array.isArray(value)) for (const item of value as readonly JsonValue[]) walk(name, item);
    else if (isObject(value)) for (const [key, inner] of Object.entries(value)) walk(name === '' ? key : `${name}.${key}`, inner);
    else {
      if (skipped.has(name) || LEFT_OUT.some((pattern) => pattern.test(name))) return;
      const text = textOf(value);
      if (text !== undefined) pairs.add(`${name}\u0000${text}`);
    }
  };
  walk('', document);
  return pairs;
}

/** Values as an index holds them: numbers as text, times as milliseconds; `-` and nothing stand for missing. */
function textOf(value: JsonValue): string | undefined {
  const text = String(value);
  if (value === null || text === '' || text === '-') return undefined;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(Date.parse(text)).toISOString();
  return text;
}
