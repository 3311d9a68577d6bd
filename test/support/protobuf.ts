/** Fields of a message as they go on the wire: number, kind, value. Undefined values are left out. */
export type Field = readonly [number, 'text' | 'varint' | 'fixed64' | 'double' | 'bytes' | 'message', unknown];

/** Encodes a message field by field; the tests' own writer, apart from the product's reader. */
export function message(...fields: readonly Field[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const [number, kind, value] of fields) {
    if (value === undefined) continue;
    if (kind === 'varint') parts.push(varint(number << 3), varint(value as number));
    else if (kind === 'fixed64' || kind === 'double') {
      const bytes = Buffer.alloc(8);
      if (kind === 'double') bytes.writeDoubleLE(Number(value));
      else bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value as string)));
      parts.push(varint((number << 3) | 1), bytes);
    } else {
      const bytes = kind === 'text' ? Buffer.from(String(value)) : (value as Uint8Array);
      parts.push(varint((number << 3) | 2), varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function varint(value: number | string | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

type Json = Readonly<Record<string, unknown>>;
const hex = (value: unknown): Buffer | undefined => (typeof value === 'string' ? Buffer.from(value, 'hex') : undefined);
const each = <T>(value: unknown, make: (item: Json) => T): T[] => ((value as Json[] | undefined) ?? []).map(make);
const many = (number: number, parts: readonly Buffer[]): Field[] => parts.map((part) => [number, 'message', part]);

function anyValue(value: Json): Buffer {
  const list = value['arrayValue'] as Json | undefined;
  const map = value['kvlistValue'] as Json | undefined;
  return message(
    [1, 'text', value['stringValue']],
    [2, 'varint', value['boolValue'] === undefined ? undefined : value['boolValue'] ? 1 : 0],
    [3, 'varint', value['intValue']],
    [4, 'double', value['doubleValue']],
    [5, 'message', list === undefined ? undefined : message(...many(1, each(list['values'], anyValue)))],
    [6, 'message', map === undefined ? undefined : message(...many(1, each(Array.isArray(map) ? map : map['values'], keyValue)))],
    [7, 'bytes', value['bytesValue'] === undefined ? undefined : Buffer.from(value['bytesValue'] as string, 'base64')],
  );
}
const keyValue = (pair: Json): Buffer =>
  message([1, 'text', pair['key']], [2, 'message', anyValue((pair['value'] as Json | undefined) ?? {})]);
const attributes = (number: number, value: unknown): Field[] => many(number, each(value, keyValue));
const enumeration = (value: unknown, names: readonly string[]): number | undefined =>
  typeof value === 'string' && !/^\d+$/.test(value) ? names.indexOf(value) : value === undefined ? undefined : Number(value);

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];
const CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

function span(item: Json): Buffer {
  const status = item['status'] as Json | undefined;
  return message(
    [1, 'bytes', hex(item['traceId'])],
    [2, 'bytes', hex(item['spanId'])],
    [4, 'bytes', hex(item['parentSpanId'])],
    [5, 'text', item['name']],
    [6, 'varint', enumeration(item['kind'], KINDS)],
    [7, 'fixed64', item['startTimeUnixNano']],
    [8, 'fixed64', item['endTimeUnixNano']],
    ...attributes(9, item['attributes']),
    [10, 'varint', item['droppedAttributesCount']],
    ...many(
      11,
      each(item['events'], (event) =>
        message([1, 'fixed64', event['timeUnixNano']], [2, 'text', event['name']], ...attributes(3, event['attributes'])),
      ),
    ),
    ...many(
      13,
      each(item['links'], (link) => message([1, 'bytes', hex(link['traceId'])], [2, 'bytes', hex(link['spanId'])])),
    ),
    [
      15,
      'message',
      status === undefined ? undefined : message([2, 'text', status['message']], [3, 'varint', enumeration(status['code'], CODES)]),
    ],
  );
}

const logRecord = (item: Json): Buffer =>
  message(
    [1, 'fixed64', item['timeUnixNano']],
    [2, 'varint', item['severityNumber']],
    [3, 'text', item['severityText']],
    [5, 'message', item['body'] === undefined ? undefined : anyValue(item['body'] as Json)],
    ...attributes(6, item['attributes']),
    [9, 'bytes', hex(item['traceId'])],
    [10, 'bytes', hex(item['spanId'])],
    [11, 'fixed64', item['observedTimeUnixNano']],
    [12, 'text', item['eventName']],
  );

function scopes(entry: Json, list: string, items: string, item: (value: Json) => Buffer): Field[] {
  return many(
    2,
    each(entry[list], (scoped) => {
      const scope = scoped['scope'] as Json | undefined;
      return message(
        [1, 'message', scope === undefined ? undefined : message([1, 'text', scope['name']], [2, 'text', scope['version']])],
        ...many(2, each(scoped[items], item)),
      );
    }),
  );
}

/** An OTLP/JSON export as OTLP protobuf. */
export function otlpMessage(document: Json): Buffer {
  const resource = (entry: Json): Field => [
    1,
    'message',
    message(...attributes(1, (entry['resource'] as Json | undefined)?.['attributes'])),
  ];
  return message(
    ...many(
      1,
      each(document['resourceSpans'], (entry) => message(resource(entry), ...scopes(entry, 'scopeSpans', 'spans', span))),
    ),
    ...many(
      1,
      each(document['resourceLogs'], (entry) => message(resource(entry), ...scopes(entry, 'scopeLogs', 'logRecords', logRecord))),
    ),
  );
}
