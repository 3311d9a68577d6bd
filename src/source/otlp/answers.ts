/** google.rpc.Code, as far as a receiver of OTLP answers with it. */
export const CODES = {
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export type Answer = {
  readonly status: number;
  /** Absent: success. */
  readonly error?: { readonly code: number; readonly message: string };
  /** Records of a request that was taken otherwise. */
  readonly rejected?: { readonly count: number; readonly message: string };
  readonly retryAfterSeconds?: number;
};

/**
 * The body of an answer in the encoding of the request (OTLP specification, OTLP/HTTP response): a
 * Export...ServiceResponse, or google.rpc.Status.
 */
export function answerBody({ error, rejected }: Answer, signal: 'logs' | 'traces', isJson: boolean): Uint8Array<ArrayBuffer> {
  if (isJson) {
    const counted = signal === 'logs' ? 'rejectedLogRecords' : 'rejectedSpans';
    const partial = rejected === undefined ? {} : { partialSuccess: { [counted]: rejected.count, errorMessage: rejected.message } };
    return toBytes(Buffer.from(JSON.stringify(error ?? partial)));
  }
  if (error !== undefined) return toBytes(Buffer.concat([Buffer.of(0x08, error.code), textField(0x12, error.message)]));
  if (rejected === undefined) return new Uint8Array(0);
  const partial = Buffer.concat([Buffer.of(0x08), varint(rejected.count), textField(0x12, rejected.message)]);
  return toBytes(Buffer.concat([Buffer.of(0x0a), varint(partial.length), partial]));
}

function textField(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(tag), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.of(...bytes, rest);
}

const toBytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
