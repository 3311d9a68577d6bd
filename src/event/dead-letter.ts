import type { RawRecord } from './raw-record.ts';

/** Why a record could not be read. A closed list: each is counted and documented. */
export type DeadLetterReason =
  | 'too-large'
  | 'too-deep'
  | 'invalid-json'
  | 'not-an-object'
  | 'too-many-keys'
  | 'fan-out'
  | 'invalid-otlp'
  | 'invalid-span'
  | 'invalid-compression'
  | 'invalid-avro'
  | 'unknown-schema'
  | 'unsupported-encoding'
  | 'crash';

/** A record that could not be read, with its bytes, reason and place. Reading one again never wraps it again. */
export type DeadLetter = {
  readonly record: RawRecord;
  readonly reason: DeadLetterReason;
  /** One sentence for a person: what was expected, what was found, where in the record. */
  readonly detail: string;
  /** Byte offset in the record where reading failed, when known. */
  readonly at: number | undefined;
  /** Where the bytes must not be kept: what they were. */
  readonly withheld?: { readonly length: number; readonly sha256: string };
};
