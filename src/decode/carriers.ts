import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { toUtf8 } from './charset.ts';
import { compressionOf, unpack } from './unpack.ts';

/** What a carrier held: a document, or a text that is one or is a line, with what the carrier tells of it by the names of ECS. */
export type Carried = { readonly value: JsonValue; readonly context: JsonObject };

/** When the carrier says the event was; counts where the event says nothing. */
export const CARRIER_TIME = 'wardline.envelope.time';

/** Top-level keys that only carriers have; readers of undecoded bytes leave such records to the decoder. */
export const CARRIER_KEYS: readonly string[] = ['logEvents', 'detail-type', 'subscription', 'specversion', 'payload', 'items'];

/** What services wrap around events of others, each by keys no format has. Undefined: the document is no carrier. */
export function carriedBy(value: JsonObject): readonly Carried[] | undefined {
  for (const open of CARRIERS) {
    const found = open(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Carrier = (value: JsonObject) => readonly Carried[] | undefined;

const said = (fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));

/** Amazon CloudWatch Logs subscriptions; a control message only asks whether somebody is there. */
const cloudWatch: Carrier = ({ messageType, logEvents, owner, logGroup, logStream }) => {
  if (typeof messageType !== 'string' || !Array.isArray(logEvents)) return undefined;
  if (messageType === 'CONTROL_MESSAGE') return [];
  return (logEvents as readonly JsonValue[]).map((event) =>
    isObject(event) && event['message'] !== undefined
      ? {
          value: event['message'],
          context: said({
            [CARRIER_TIME]: event['timestamp'],
            'cloud.account.id': owner,
            'aws.cloudwatch.log_group': logGroup,
            'aws.cloudwatch.log_stream': logStream,
          }),
        }
      : { value: event, context: {} },
  );
};

/** Amazon EventBridge. */
const eventBridge: Carrier = (value) => {
  const { detail, source, account, region, time } = value;
  const type = value['detail-type'];
  if (typeof type !== 'string' || !isObject(detail ?? null)) return undefined;
  const about = { 'cloud.account.id': account, 'cloud.region': region, [CARRIER_TIME]: time };
  return [
    { value: detail as JsonObject, context: said({ ...about, 'aws.eventbridge.detail_type': type, 'aws.eventbridge.source': source }) },
  ];
};

/** Google Pub/Sub push requests. */
const pubSub: Carrier = ({ message, subscription }) => {
  if (typeof subscription !== 'string' || message === undefined || !isObject(message)) return undefined;
  const { data, attributes, messageId, publishTime } = message;
  if (typeof data !== 'string') return undefined;
  const about = { 'gcp.pubsub.subscription': subscription, 'gcp.pubsub.message_id': messageId, 'gcp.pubsub.attributes': attributes };
  return [{ value: textOfBase64(data), context: said({ ...about, [CARRIER_TIME]: publishTime }) }];
};

/** CloudEvents 1.0 in structured mode. */
const cloudEvents: Carrier = ({ specversion, type, source, id, subject, time, data, data_base64: base64 }) => {
  if (typeof specversion !== 'string' || typeof type !== 'string') return undefined;
  const inner = data ?? (typeof base64 === 'string' ? textOfBase64(base64) : undefined);
  if (inner === undefined || (typeof inner !== 'string' && !isObject(inner))) return undefined;
  const about = { 'cloudevents.type': type, 'cloudevents.source': source, 'cloudevents.id': id, 'cloudevents.subject': subject };
  return [{ value: inner, context: said({ ...about, [CARRIER_TIME]: time }) }];
};

/** Kafka Connect's JSON converter with its schemas, as Debezium writes it. */
const connect: Carrier = (value) => {
  const { schema, payload } = value;
  if (schema === undefined || payload === undefined || Object.keys(value).length !== 2) return undefined;
  if (schema !== null && !isObject(schema)) return undefined;
  if (payload === null) return [];
  if (!isObject(payload)) return typeof payload === 'string' ? [{ value: payload, context: {} }] : undefined;
  return [{ value: payload, context: said({ [CARRIER_TIME]: payload['ts_ms'] }) }];
};

/** A list of the Kubernetes API, such as the EventList of an audit webhook. */
const kubernetesList: Carrier = ({ kind, apiVersion, items }) =>
  typeof kind === 'string' && kind.endsWith('List') && typeof apiVersion === 'string' && Array.isArray(items)
    ? (items as readonly JsonValue[]).map((item) => ({
        // Members of a list leave out what the list says for all.
        value: isObject(item) ? { kind: kind.slice(0, -4), apiVersion, ...item } : item,
        context: {},
      }))
    : undefined;

/** Zeek with one key around each record, the name of its log. */
const zeekWrapped: Carrier = (value) => {
  const [key, ...more] = Object.keys(value);
  if (key === undefined || more.length > 0 || !/^[a-z][a-z0-9_]{1,40}$/.test(key)) return undefined;
  const inner = value[key];
  if (inner === undefined || !isObject(inner) || !Object.hasOwn(inner, 'ts')) return undefined;
  return Object.hasOwn(inner, 'uid') || Object.hasOwn(inner, 'id.orig_h') ? [{ value: { _path: key, ...inner }, context: {} }] : undefined;
};

const CARRIERS: readonly Carrier[] = [cloudWatch, eventBridge, pubSub, cloudEvents, connect, kubernetesList, zeekWrapped];

/** Text in base64, gzip and Zstandard taken off; bytes that are no text are read as far as they are. */
function textOfBase64(data: string): string {
  const bytes = Buffer.from(data, 'base64');
  const compression = compressionOf(bytes);
  const unpacked = compression === undefined ? { bytes } : unpack(bytes, compression, { maxUnpackedBytes: MOST_CARRIED, maxRatio: 100 });
  return 'bytes' in unpacked ? Buffer.from(toUtf8(unpacked.bytes).bytes).toString('utf8') : data;
}

const MOST_CARRIED = 16 * 1024 * 1024;
