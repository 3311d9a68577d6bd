import { isObject, type JsonValue } from '../../shared/json.ts';
import { compute, constant, entryOf, type Format, firstOf, integer, path, text } from '../format.ts';

/** Sigma categories by the name of the event; all others belong to the product and service alone. */
const CATEGORIES: Readonly<Record<string, string>> = { exec: 'process_creation', create: 'file_event', rename: 'file_event' };
const ECS: Readonly<Record<string, readonly [category: string, type: string]>> = {
  exec: ['process', 'start'],
  exit: ['process', 'end'],
  fork: ['process', 'info'],
  create: ['file', 'creation'],
  rename: ['file', 'change'],
  write: ['file', 'change'],
  unlink: ['file', 'deletion'],
};
const source = { product: 'macos', service: 'esf' };
const labelsOf = (kind: JsonValue | undefined) => {
  const category = entryOf(CATEGORIES, String(kind));
  return [category === undefined ? source : { ...source, category }];
};

/** `event` holds one object, by the name of the event. */
const kind = compute([path('event')], (event) => (isObject(event) ? Object.keys(event)[0] : undefined));
const onExec = (name: string) =>
  compute([path('event.exec'), path(name)], (exec, value) => (exec === undefined || exec === null ? undefined : value));

/** A file that is to be made has its folder and its name; one that is there already has a path. */
const madeFile = compute([path('event.create.destination', 'event.rename.destination')], (destination) => {
  if (!isObject(destination)) return undefined;
  const { existing_file: existing, new_path: made } = destination;
  if (isObject(existing)) return existing['path'];
  const folder = isObject(made) && isObject(made['dir']) ? made['dir']['path'] : undefined;
  const name = isObject(made) ? made['filename'] : undefined;
  return typeof folder === 'string' && typeof name === 'string' ? `${folder.replace(/\/$/, '')}/${name}` : undefined;
});
const image = firstOf(path('event.exec.target.executable.path'), path('process.executable.path'));
const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
const args = compute([path('event.exec.args')], (value) => (Array.isArray(value) ? (value as JsonValue) : undefined));
const ecs = (i: 0 | 1) => text(kind, (name) => (entryOf(ECS, name) === undefined ? undefined : [entryOf(ECS, name)?.[i] as string]));

/**
 * Events of Apple's Endpoint Security as JSON, one message a line, as `eslogger` writes them (es_message_t). In an exec the
 * process is what it was before: the image that the process which forked it had.
 */
export const macosEsf: Format = {
  name: 'macos.esf',
  recognizes: ({ event, process, event_type: type }) =>
    type !== undefined && isObject(event) && isObject(process) && Object.hasOwn(process, 'audit_token'),
  discriminators: [kind],
  route: ([name]) => ({ labels: labelsOf(name), known: {} }),
  logsources: [source, ...Object.keys(CATEGORIES).flatMap(labelsOf)],
  vendor: (field) => (field === 'CurrentDirectory' ? path('event.exec.cwd.path') : undefined),
  time: path('time'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('macos'),
    'event.action': kind,
    'event.category': ecs(0),
    'event.type': ecs(1),
    'host.os.type': constant('macos'),
    'process.executable': image,
    'process.name': text(image, baseName),
    'process.pid': integer(path('process.audit_token.pid')),
    'process.args': args,
    'process.command_line': compute([args], (value) => (Array.isArray(value) ? value.join(' ') : undefined)),
    'process.working_directory': path('event.exec.cwd.path'),
    'process.parent.executable': onExec('process.executable.path'),
    'process.parent.name': text(onExec('process.executable.path'), baseName),
    'process.parent.pid': integer(path('process.ppid')),
    'process.code_signature.signing_id': path('event.exec.target.signing_id', 'process.signing_id'),
    'process.code_signature.team_id': path('event.exec.target.team_id', 'process.team_id'),
    'user.id': text(path('process.audit_token.euid'), (id) => id),
    'file.path': madeFile,
    'file.name': text(madeFile, baseName),
  },
};
