import { parseJson } from '../../decode/parse-json.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { PaddedBytes } from './padded-bytes.ts';
import type { Computed, Reading } from './reading.ts';
import type { Tokenizer } from './tokenizer.ts';
import { BOOLEAN, INTEGER, MISSING, NESTED, NULL, PLAIN, REAL } from './value-kind.ts';

/** What is written sixteen bytes at a time may end so much later. */
const VECTOR = 32;

/** The line at hand: its bytes, its tokens, and its parsed form once something asked for it. One object, used again. */
export class ByteLine {
  readonly tokens: Tokenizer;
  /** The bytes of the line. */
  readonly text: PaddedBytes;
  /** Room for values that are no text of the line, as JSON would write them. */
  readonly written: PaddedBytes;
  /** Room in the machine for the line in lower case, and for a text of it without escapes. */
  lower = 0;
  unescaped = 0;
  #room = 0;
  readonly #maxDepth: number;
  #document: JsonObject | undefined;

  constructor(tokens: Tokenizer, maxDepth: number) {
    this.tokens = tokens;
    this.text = new PaddedBytes(tokens.machine);
    this.written = new PaddedBytes(tokens.machine, 4096);
    this.#maxDepth = maxDepth;
  }

  /** Takes the tokens of a line; false if they are not understood. */
  begin(bytes: Uint8Array): boolean {
    this.text.set(bytes);
    if (bytes.length > this.#room) this.#reserve(2 * bytes.length);
    return this.again();
  }

  #reserve(size: number): void {
    const both = this.tokens.machine.allocate(2 * (size + VECTOR));
    this.lower = both;
    this.unescaped = both + size + VECTOR;
    this.#room = size;
  }

  /** The same line once more, after fields were added to the tree. */
  again(): boolean {
    this.#document = undefined;
    return this.tokens.run(this.text);
  }

  /** The line as the decoder parses it. */
  document(): JsonObject {
    this.#document ??= this.#parse(0, this.text.length) as JsonObject;
    return this.#document;
  }

  /** A field, from its tokens where they say it, else from the document. */
  read(reading: Reading): JsonValue | undefined {
    if (reading.deep && this.tokens.fanned) return reading.accessor(this.document());
    const { steps } = reading;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Reading['steps'][number];
      const value = 'place' in step ? this.valueAt(step.place) : this.#compute(step);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  valueAt(place: number): JsonValue | undefined {
    const { tokens } = this;
    const { bytes } = this.text;
    const kind = tokens.kindOf(place);
    const from = tokens.start(place);
    const to = tokens.end(place);
    switch (kind) {
      case MISSING:
        return undefined;
      case NULL:
        return null;
      case BOOLEAN:
        return bytes[from] === 0x74;
      case PLAIN:
        return bytes.toString('latin1', from, to);
      case INTEGER:
      case REAL:
        return numberOf(bytes.toString('latin1', from, to), kind);
      case NESTED:
        return this.#parse(from, to);
      default:
        return JSON.parse(bytes.toString('utf8', from - 1, to + 1)) as string;
    }
  }

  #compute({ reads, apply, ofNothing }: Computed): JsonValue | undefined {
    let some = false;
    for (let i = 0; i < reads.length && !some; i++) some = this.read(reads[i] as Reading) !== undefined;
    return some ? apply(reads.map((read) => this.read(read))) : ofNothing;
  }

  #parse(from: number, to: number): JsonValue {
    const parsed = parseJson(this.text.bytes.subarray(from, to), this.#maxDepth);
    // The tokenizer accepts nothing that the parser does not; fail loudly rather than decide on something else.
    if ('reason' in parsed) throw new Error(`the tokenizer took what the parser refuses: ${parsed.detail}`);
    return parsed.value;
  }
}

/** As the decoder: what a double does not hold exactly stays the text it was. */
function numberOf(text: string, kind: number): JsonValue {
  const value = Number(text);
  if (kind === INTEGER) return Number.isSafeInteger(value) ? value : text;
  return Number.isFinite(value) ? value : text;
}
