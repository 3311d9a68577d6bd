import type { FieldSource } from '../../event/field-source.ts';
import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { compute, type Discriminants, entryOf, type Format, firstOf, path, type Routing } from '../format.ts';
import { allLabels, labelsOf } from './channels.ts';
import { type FieldOf, windowsFields } from './fields.ts';

/** Header fields by Sigma name, where each shape keeps them. */
type Headers = Readonly<Record<string, FieldSource>>;

/** EVTX tools write `{"#text": 1, "#attributes": {...}}` where an element has attributes. */
const textOf = (source: FieldSource): FieldSource => compute([source], (value) => (isElement(value) ? value['#text'] : value));
const isElement = (value: JsonValue | undefined): value is JsonObject =>
  value !== undefined && isObject(value) && Object.hasOwn(value, '#text');

function shape(
  name: string,
  recognizes: Format['recognizes'],
  marks: NonNullable<Format['marks']>,
  headers: Headers,
  data: (field: string) => FieldSource,
  time: FieldSource,
): Format {
  const at: FieldOf = (field) => entryOf(headers, field) ?? data(field);
  return {
    name,
    recognizes,
    marks,
    discriminators: [at('Channel'), at('EventID'), at('EventType')],
    route,
    logsources: allLabels,
    vendor: at,
    time,
    fields: windowsFields(at),
  };
}

function route([channel, id, type]: Discriminants): Routing {
  const eventId = Number(id);
  const known: Record<string, JsonValue> = {};
  if (typeof channel === 'string') known['Channel'] = channel;
  if (id !== undefined && id !== null && typeof id !== 'object') known['EventID'] = id;
  return { labels: labelsOf(String(channel ?? ''), Number.isInteger(eventId) ? eventId : -1, String(type ?? '')), known };
}

const has = (document: JsonValue | undefined, key: string): boolean =>
  document !== undefined && isObject(document) && Object.hasOwn(document, key);

/** One key of `container`, its spaces ignored: rules write `ThreatName` for `Threat Name`. */
const named = (container: string, field: string): FieldSource =>
  firstOf(
    { kind: 'path', keys: [...container.split('.'), field] },
    compute([path(container)], (value) => (value !== undefined && isObject(value) ? spaced(value, field) : undefined)),
  );

function spaced(object: JsonObject, field: string): JsonValue | undefined {
  for (const key of Object.keys(object)) if (key.includes(' ') && key.replaceAll(' ', '') === field) return object[key];
  return undefined;
}

/** UserData holds one element whose leaves are the fields. */
const userData = (field: string): FieldSource =>
  compute([path('Event.UserData')], (value) => {
    if (value === undefined || !isObject(value)) return undefined;
    for (const inner of Object.values(value)) if (isObject(inner) && Object.hasOwn(inner, field)) return inner[field];
    return undefined;
  });

const system = (...names: readonly [string, ...string[]]): FieldSource =>
  textOf(path(...(names.map((name) => `Event.System.${name}`) as unknown as [string, ...string[]])));

/** EVTX as JSON: `Event.System`, `Event.EventData` or `Event.UserData`. */
const evtx = shape(
  'windows.evtx',
  (document) => has(document['Event'], 'System'),
  [[['Event', 'System']]],
  {
    EventID: system('EventID'),
    Channel: system('Channel'),
    Computer: system('Computer'),
    EventRecordID: system('EventRecordID'),
    Level: system('Level'),
    Task: system('Task'),
    Opcode: system('Opcode'),
    Keywords: system('Keywords'),
    Version: system('Version'),
    Provider_Name: system('Provider.#attributes.Name', 'Provider.Name', 'Provider_attributes.Name'),
    Provider_Guid: system('Provider.#attributes.Guid', 'Provider.Guid'),
    Execution_ProcessID: system('Execution.#attributes.ProcessID', 'Execution.ProcessID'),
    Execution_ThreadID: system('Execution.#attributes.ThreadID', 'Execution.ThreadID'),
    Security_UserID: system('Security.#attributes.UserID', 'Security.UserID'),
    Correlation_ActivityID: system('Correlation.#attributes.ActivityID', 'Correlation.ActivityID'),
  },
  (field) => firstOf(textOf(named('Event.EventData', field)), userData(field)),
  system('TimeCreated.#attributes.SystemTime', 'TimeCreated.SystemTime', 'TimeCreated_attributes.SystemTime'),
);

const winlog = (name: string): FieldSource => path(`winlog.${name}`);

/** Winlogbeat and Elastic Agent: ECS with everything of Windows under `winlog`. */
const winlogbeat = shape(
  'windows.winlogbeat',
  (document) => has(document['winlog'], 'channel') || Object.hasOwn(document, 'winlog.channel'),
  [[['winlog', 'channel']], [['winlog.channel']]],
  {
    EventID: firstOf(winlog('event_id'), path('event.code')),
    Channel: winlog('channel'),
    Computer: winlog('computer_name'),
    EventRecordID: winlog('record_id'),
    Provider_Name: winlog('provider_name'),
    Provider_Guid: winlog('provider_guid'),
    Task: winlog('task'),
    Opcode: winlog('opcode'),
    Keywords: winlog('keywords'),
    Version: winlog('version'),
    Level: path('log.level'),
    Message: path('message'),
    Execution_ProcessID: winlog('process.pid'),
    Execution_ThreadID: winlog('process.thread.id'),
    Security_UserID: winlog('user.identifier'),
  },
  (field) => firstOf(named('winlog.event_data', field), named('winlog.user_data', field)),
  path('@timestamp'),
);

/** Flat documents with the names Sigma uses, as NXLog and many shippers write them. */
const flat = shape(
  'windows.flat',
  (document) => Object.hasOwn(document, 'Channel') && Object.hasOwn(document, 'EventID'),
  [[['Channel'], ['EventID']]],
  {
    Computer: path('Computer', 'Hostname', 'host.name'),
    Provider_Name: path('Provider_Name', 'SourceName', 'ProviderName'),
    EventRecordID: path('EventRecordID', 'RecordNumber'),
    Execution_ProcessID: path('Execution_ProcessID', 'ExecutionProcessID'),
    Execution_ThreadID: path('Execution_ThreadID', 'ExecutionThreadID', 'ThreadID'),
  },
  (field) => {
    const plain: FieldSource = { kind: 'path', keys: [field] };
    return plain;
  },
  path('@timestamp', 'TimeCreated', 'EventTime', 'UtcTime'),
);

export const windowsFormats: readonly Format[] = [evtx, winlogbeat, flat];
