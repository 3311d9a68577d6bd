const NEWLINE = 0x0a;
const SPACE = 0x20;
const LESS = 0x3c;
/** A count of at most this many digits, a blank, and the priority's bracket: anything else is a line. */
const COUNT_DIGITS = 6;

/**
 * Cuts a stream into syslog messages (RFC 6587, RFC 5425): a count of octets where one stands, else up to the line break,
 * decided anew for each message. Of a message longer than `limit` the first `limit` + 1 bytes are given, so that it is
 * refused with its reason; the rest is skipped without being kept. Borders depend on content alone.
 */
export function createFrameCutter(limit: number): { push(chunk: Uint8Array): Uint8Array[]; rest(): Uint8Array | undefined } {
  /** Bytes of which the framing is not known yet: less than a count and its bracket. */
  let head: Buffer = Buffer.alloc(0);
  let kept: Uint8Array[] = [];
  let size = 0;
  /** Bytes of a counted message still to come; undefined between messages, -1 within a line. */
  let missing: number | undefined;

  const keep = (bytes: Uint8Array): void => {
    const room = limit + 1 - size;
    if (room <= 0 || bytes.length === 0) return;
    const taken = bytes.length > room ? bytes.subarray(0, room) : bytes;
    kept.push(taken);
    size += taken.length;
  };
  const finish = (out: Uint8Array[]): void => {
    if (size > 0) out.push(Buffer.concat(kept));
    kept = [];
    size = 0;
    missing = undefined;
  };

  return {
    push(chunk) {
      const out: Uint8Array[] = [];
      let bytes = head.length === 0 ? asBuffer(chunk) : Buffer.concat([head, chunk]);
      head = Buffer.alloc(0);
      while (bytes.length > 0) {
        if (missing === undefined) {
          const count = countOf(bytes);
          if (count === 'unknown') {
            head = Buffer.from(bytes);
            break;
          }
          missing = count?.octets ?? -1;
          bytes = bytes.subarray(count?.skip ?? 0);
        }
        if (missing === -1) {
          const end = bytes.indexOf(NEWLINE);
          keep(end < 0 ? bytes : bytes.subarray(0, end));
          bytes = end < 0 ? bytes.subarray(bytes.length) : bytes.subarray(end + 1);
          if (end >= 0) finish(out);
        } else {
          const part = bytes.subarray(0, missing);
          keep(part);
          missing -= part.length;
          bytes = bytes.subarray(part.length);
          if (missing === 0) finish(out);
        }
      }
      return out;
    },
    /** What a connection that ended left: a message without its line break, or the part of a counted one that came. */
    rest() {
      keep(head);
      head = Buffer.alloc(0);
      const out: Uint8Array[] = [];
      finish(out);
      return out[0];
    },
  };
}

function countOf(bytes: Buffer): { readonly octets: number; readonly skip: number } | undefined | 'unknown' {
  let digits = 0;
  while (digits < bytes.length && digits <= COUNT_DIGITS && isDigit(bytes[digits] as number)) digits++;
  if (digits === 0 || digits > COUNT_DIGITS || bytes[0] === 0x30) return undefined;
  if (digits === bytes.length) return 'unknown';
  if (bytes[digits] !== SPACE) return undefined;
  if (digits + 1 === bytes.length) return 'unknown';
  return bytes[digits + 1] === LESS ? { octets: Number(bytes.toString('latin1', 0, digits)), skip: digits + 1 } : undefined;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
