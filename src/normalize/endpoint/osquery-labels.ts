import type { RouteLabel } from '../../event/event.ts';
import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';

const source = { product: 'osquery', service: 'osquery' };
const ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  process_creation: { Image: 'path', CommandLine: 'cmdline', CurrentDirectory: 'cwd', User: 'username' },
  file_event: { TargetFilename: 'target_path' },
};
const KINDS = ['macos', 'linux'].flatMap((product) => Object.keys(ALIASES).map((category) => `${product} ${category}`));

/** Rows of event tables are also events of the system they tell of. */
export function labelsOf(kind: JsonValue | undefined): readonly RouteLabel[] {
  const [product = '', category = ''] = typeof kind === 'string' ? kind.split(' ') : [];
  const aliases = ALIASES[category];
  return aliases === undefined ? [source] : [source, { product, category, aliases }];
}

export const allLabels: readonly RouteLabel[] = [source, ...KINDS.map((kind) => labelsOf(kind)[1] as RouteLabel)];

/** `macos process_creation`: what a row of process_events, es_process_events, bpf_process_events or file_events tells; else undefined. */
export function kindOf(
  name: JsonValue | undefined,
  columns: JsonValue | undefined,
  action: JsonValue | undefined,
  about: JsonValue | undefined,
) {
  if (!isObject(columns) || (action !== undefined && action !== 'added')) return undefined;
  const category = categoryOf(String(name ?? ''), columns);
  const product = category === undefined ? undefined : productOf(String(name ?? ''), columns, about);
  return product === undefined ? undefined : `${product} ${category}`;
}

function categoryOf(name: string, columns: JsonObject): string | undefined {
  const { path, cmdline, event_type: type = 'exec', target_path: target, action } = columns;
  // Tables of events have a time of their own; `processes` has none.
  const isEvent = name.includes('process_events') || Object.hasOwn(columns, 'time');
  if (typeof path === 'string' && typeof cmdline === 'string' && isEvent && type === 'exec') return 'process_creation';
  return typeof target === 'string' && /^(?:CREATED|MOVED_TO|UPDATED)$/.test(String(action)) ? 'file_event' : undefined;
}

/** By the decoration that tells the platform, by columns that only one system has, by folders that only one has. */
function productOf(name: string, columns: JsonObject, about: JsonValue | undefined): string | undefined {
  const platform = isObject(about) ? (about['platform'] ?? about['host_platform']) : undefined;
  if (typeof platform === 'string' && platform !== '')
    return platform === 'darwin' ? 'macos' : platform === 'windows' ? undefined : 'linux';
  if (name.includes('es_process_events') || Object.hasOwn(columns, 'signing_id')) return 'macos';
  if (name.includes('bpf_process_events') || Object.hasOwn(columns, 'syscall')) return 'linux';
  return /^\/(?:Users|Library|System|Applications|private)\//.test(String(columns['target_path'] ?? columns['path'])) ? 'macos' : undefined;
}
