import type { Unwrapped } from './envelopes.ts';
import { jaegerProtobuf } from './jaeger.ts';
import { otlpProtobuf, type Signal } from './otlp-protobuf.ts';
import { DecodeError, FIXED64, LENGTH, VARINT, WireReader } from './wire.ts';
import { zipkinProtobuf } from './zipkin.ts';

/** Set by a source that knows what its records are; without it the bytes are asked. */
export const FORM_HEADER = 'wardline-form';

/** Binary forms that hold events: each reads bytes or throws DecodeError. */
const FORMS = {
  'otlp-logs': (bytes) => otlpProtobuf(bytes, 'logs'),
  'otlp-traces': (bytes) => otlpProtobuf(bytes, 'traces'),
  jaeger: jaegerProtobuf,
  zipkin: zipkinProtobuf,
} as const satisfies Readonly<Record<string, (bytes: Uint8Array) => readonly Unwrapped[]>>;

export type Form = keyof typeof FORMS;
export const FORM_NAMES = Object.keys(FORMS) as readonly Form[];

export function readForm(form: Form, bytes: Uint8Array): readonly Unwrapped[] {
  return FORMS[form](bytes);
}

export function formNamed(name: string | undefined): Form | undefined {
  return FORM_NAMES.find((form) => form === name);
}

/**
 * The form of bytes that begin as protobuf field 1 does (0A), by how its messages are nested; undefined for anything else,
 * such as text that begins with a line break.
 */
export function detectForm(bytes: Uint8Array): Form | undefined {
  if (bytes[0] !== 0x0a) return undefined;
  if (isId(bytes, 0) && isSpanId(bytes, 2 + (bytes[1] as number), 0x12)) return 'jaeger';
  try {
    const signal = signalOf(new WireReader(bytes));
    return signal === undefined ? undefined : FORM_OF_SIGNAL[signal];
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

const FORM_OF_SIGNAL = { logs: 'otlp-logs', traces: 'otlp-traces', zipkin: 'zipkin' } as const;

/** A trace id as field 1. */
const isId = (bytes: Uint8Array, at: number): boolean => bytes[at] === 0x0a && (bytes[at + 1] === 16 || bytes[at + 1] === 8);
const isSpanId = (bytes: Uint8Array, at: number, tag: number): boolean => bytes[at] === tag && bytes[at + 1] === 8;

/** Walks the outer messages whole, since text never ends where its lengths say, and looks at the first innermost one. */
function signalOf(reader: WireReader): Signal | 'zipkin' | undefined {
  let found: Signal | 'zipkin' | undefined;
  const groups = (visit: () => void) => (field: number, wire: number) => {
    if (wire !== LENGTH || field > 15) throw new DecodeError('not one of these forms');
    if (field !== 2 || found !== undefined) return false;
    visit();
    return true;
  };
  const leaf = (): void =>
    reader.fields(reader.end(), (field, wire) => {
      if (field === 1 && wire === LENGTH) found ??= 'traces';
      else if ((wire === FIXED64 && (field === 1 || field === 11)) || (field === 2 && wire === VARINT) || field === 5 || field === 6)
        found ??= 'logs';
      return false;
    });
  reader.fields(reader.length, (field, wire) => {
    if (field > 2 || wire !== LENGTH) throw new DecodeError('not one of these forms');
    if (field !== 1 || found !== undefined) return false;
    const end = reader.end();
    const first = reader.peek(2);
    if (first[0] === 0x0a && (first[1] === 16 || first[1] === 8) && isZipkinSpan(reader, end)) found = 'zipkin';
    else
      reader.fields(
        end,
        groups(() => reader.fields(reader.end(), groups(leaf))),
      );
    return true;
  });
  return found;
}

/** A span of a Zipkin list has its own id of eight bytes as field 3, and ends where it says. */
function isZipkinSpan(reader: WireReader, end: number): boolean {
  let hasId = false;
  const at = reader.position;
  try {
    reader.fields(end, (field, wire) => {
      if (field === 3 && wire === LENGTH && reader.peek(1)[0] === 8) hasId = true;
      return false;
    });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    hasId = false;
  }
  if (!hasId) reader.seek(at);
  return hasId;
}
