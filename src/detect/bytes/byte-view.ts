import type { FieldSource } from '../../event/field-source.ts';
import { fold } from '../../shared/fold.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { Fire } from '../literal-index.ts';
import { allLeaves, type Leaf, leafText, leavesOf } from '../scalar.ts';
import { type Presence, presenceOf, type Texts, textsOf, type View } from '../view.ts';
import { type ByteIndex, escaped } from './byte-index.ts';
import type { ByteLine } from './byte-line.ts';
import type { PaddedBytes } from './padded-bytes.ts';
import { createReading, type Reading } from './reading.ts';
import { BOOLEAN, ESCAPED, INTEGER, MISSING, NULL, PLAIN, WIDE } from './value-kind.ts';

/**
 * A view on the tokens of one line: a field becomes text only when it is asked for, and at most once per event. What the
 * tokens cannot say (arrays on the way, keywords) is read from the parsed line, which is made on first need.
 */
export class ByteView implements View {
  readonly #line: ByteLine;
  #generation = 0;
  readonly #readings: Reading[] = [];
  readonly #raw: (JsonValue | undefined)[] = [];
  readonly #rawStamp: number[] = [];
  readonly #text: Texts[] = [];
  readonly #textStamp: number[] = [];
  readonly #low: Texts[] = [];
  readonly #lowStamp: number[] = [];
  #keywords: readonly string[] = [];
  #keywordStamp = 0;
  #lowKeywords: readonly string[] = [];
  #lowKeywordStamp = 0;

  constructor(line: ByteLine) {
    this.#line = line;
  }

  addSlot(source: FieldSource): number {
    this.#raw.push(undefined);
    this.#text.push(undefined);
    this.#low.push(undefined);
    this.#rawStamp.push(0);
    this.#textStamp.push(0);
    this.#lowStamp.push(0);
    return this.#readings.push(createReading(source, this.#line.tokens.tree)) - 1;
  }

  begin(): void {
    this.#generation++;
  }

  /** Looks for the literals of a field in its bytes, or in its text where bytes do not say it. */
  scan(slot: number, index: ByteIndex, fire: Fire): void {
    const { tokens, text } = this.#line;
    const place = this.#place(slot);
    if (place === NOWHERE) return;
    if (place >= 0) {
      const kind = tokens.kindOf(place);
      if (kind === PLAIN || kind === ESCAPED || kind === INTEGER || kind === BOOLEAN || kind === WIDE) {
        index.scan(text, tokens.start(place), tokens.end(place), fire);
        if (kind === WIDE && index.hasWide) index.scanWide(this.low(slot) as string, fire);
        return;
      }
    }
    const texts = this.low(slot);
    if (typeof texts === 'string') scanText(this.#line.written, texts, index, fire);
    else if (texts !== undefined) for (let i = 0; i < texts.length; i++) scanText(this.#line.written, texts[i] as string, index, fire);
  }

  /** The same over all values: over the bytes of the line, where no text hides in them. */
  scanKeywords(index: ByteIndex, fire: Fire): void {
    const { tokens, text } = this.#line;
    if (tokens.hidden) {
      scanText(this.#line.written, this.lowKeywords().join('\n'), index, fire);
      return;
    }
    index.scan(text, 0, text.length, fire);
    if (tokens.wide && index.hasWide) index.scanWide(this.lowKeywords().join('\n'), fire);
  }

  presence(slot: number): Presence {
    const place = this.#place(slot);
    if (place === NOWHERE) return 0;
    if (place === ELSEWHERE) return presenceOf(this.raw(slot));
    return this.#line.tokens.kindOf(place) === NULL ? 1 : 2;
  }

  raw(slot: number): JsonValue | undefined {
    if (this.#rawStamp[slot] === this.#generation) return this.#raw[slot];
    this.#rawStamp[slot] = this.#generation;
    const value = this.#line.read(this.#readings[slot] as Reading);
    this.#raw[slot] = value;
    return value;
  }

  leaves(slot: number): readonly Leaf[] {
    return leavesOf(this.raw(slot));
  }

  text(slot: number): Texts {
    if (this.#textStamp[slot] === this.#generation) return this.#text[slot];
    this.#textStamp[slot] = this.#generation;
    const texts = textsOf(this.raw(slot));
    this.#text[slot] = texts;
    return texts;
  }

  low(slot: number): Texts {
    if (this.#lowStamp[slot] === this.#generation) return this.#low[slot];
    this.#lowStamp[slot] = this.#generation;
    const place = this.#place(slot);
    const low = place === NOWHERE ? undefined : (this.#lowAt(place) ?? foldAll(this.text(slot)));
    this.#low[slot] = low;
    return low;
  }

  keywords(): readonly string[] {
    if (this.#keywordStamp !== this.#generation) {
      this.#keywordStamp = this.#generation;
      this.#keywords = this.keywordLeaves().map(leafText);
    }
    return this.#keywords;
  }

  lowKeywords(): readonly string[] {
    if (this.#lowKeywordStamp !== this.#generation) {
      this.#lowKeywordStamp = this.#generation;
      this.#lowKeywords = this.keywords().map(fold);
    }
    return this.#lowKeywords;
  }

  keywordLeaves(): readonly Leaf[] {
    return allLeaves(this.#line.document());
  }

  #lowAt(place: number): string | undefined {
    if (place < 0) return undefined;
    const { tokens } = this.#line;
    const { bytes } = this.#line.text;
    const kind = tokens.kindOf(place);
    if (kind !== PLAIN && kind !== ESCAPED) return undefined;
    const from = tokens.start(place);
    const to = tokens.end(place);
    if (to - from < NATIVE_FROM) return lowAscii(bytes, from, to);
    // The letters of simple escapes are lower case already, so folding may come first.
    if (kind === PLAIN) return bytes.toString('latin1', from, to).toLowerCase();
    return JSON.parse(bytes.toString('latin1', from - 1, to + 1).toLowerCase()) as string;
  }

  /** The one place that answers for a slot, NOWHERE if the field is missing, ELSEWHERE if only `raw` can say. */
  #place(slot: number): number {
    const { direct, steps, deep } = this.#readings[slot] as Reading;
    const { tokens } = this.#line;
    if (deep && tokens.fanned) return ELSEWHERE;
    for (let i = 0; i < direct.length; i++) if (tokens.kindOf(direct[i] as number) !== MISSING) return direct[i] as number;
    for (let i = direct.length; i < steps.length; i++) {
      const step = steps[i] as Reading['steps'][number];
      if ('place' in step) {
        if (tokens.kindOf(step.place) !== MISSING) return step.place;
      } else if (!step.silent || tokens.anyOf(step.places)) return ELSEWHERE;
    }
    return NOWHERE;
  }
}

const NOWHERE = -1;
const ELSEWHERE = -2;

const foldAll = (texts: Texts): Texts => (typeof texts === 'string' ? fold(texts) : texts?.map(fold));

function scanText(written: PaddedBytes, folded: string, index: ByteIndex, fire: Fire): void {
  written.setText(escaped(folded));
  index.scan(written, 0, written.length, fire);
  if (index.hasWide) index.scanWide(folded, fire);
}

/** Longer text is folded by the runtime. */
const NATIVE_FROM = 96;

let scratch = Buffer.alloc(16 * 1024);
const UNESCAPED = new Uint8Array(256);
for (const [letter, char] of [
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['"', '"'],
  ['\\', '\\'],
] as const)
  UNESCAPED[letter.charCodeAt(0)] = char.charCodeAt(0);

/** Escapes resolved and letters folded in one pass, then one text. */
function lowAscii(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > scratch.length) scratch = Buffer.alloc(2 * (to - from));
  let length = 0;
  for (let i = from; i < to; i++) {
    let c = bytes[i] as number;
    if (c === 0x5c) c = UNESCAPED[bytes[++i] as number] as number;
    else if (c >= 0x41 && c <= 0x5a) c |= 0x20;
    scratch[length++] = c;
  }
  return scratch.toString('latin1', 0, length);
}
