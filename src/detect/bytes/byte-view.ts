import type { FieldSource } from '../../event/field-source.ts';
import { fold } from '../../shared/fold.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { Indexes } from '../plan.ts';
import { allLeaves, type Leaf, leafText, leavesOf } from '../scalar.ts';
import { type Presence, presenceOf, type Texts, textsOf, type View } from '../view.ts';
import type { ByteGroup } from './byte-group.ts';
import type { ByteIndex } from './byte-index.ts';
import type { ByteLine } from './byte-line.ts';
import { escaped } from './literal-tables.ts';
import type { Machine } from './machine.ts';
import { createReading, type Reading, writeSlot } from './reading.ts';
import { ESCAPED, MISSING, NULL, PLAIN } from './value-kind.ts';

/**
 * A view on the tokens of one line: a field becomes text only when it is asked for, and at most once per event. What the
 * tokens cannot say (arrays on the way, keywords) is read from the parsed line, which is made on first need.
 */
export class ByteView implements View {
  readonly machine: Machine;
  readonly #line: ByteLine;
  #generation = 0;
  readonly #readings: Reading[] = [];
  readonly #addresses: number[] = [];
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
    this.machine = line.tokens.machine;
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

  /** Where the machine finds how a field is read (assembly/places.ts). */
  slotAddress(slot: number): number {
    return (this.#addresses[slot] ??= writeSlot(this.machine, this.#readings[slot] as Reading));
  }

  /** Tells the machine the rules that literals of the line bring up. What bytes do not say is looked for in texts. */
  scan({ at, left, indexes }: ByteGroup): void {
    const { machine } = this;
    const { run } = machine;
    const { text, lower } = this.#line;
    const count = run.scanGroup(at, this.#generation, text.at, text.length, lower);
    for (let i = 0; i < count; i++) {
      const what = machine.words[(left >> 2) + i] as number;
      if (what < 0) this.#scanRest(indexes.keywords as ByteIndex, what & 3, this.lowKeywords().join('\n'));
      else {
        const { slot, index } = indexes.fields[what >> 2] as Indexes<ByteIndex>['fields'][number];
        const texts = this.low(slot);
        if (typeof texts === 'string') this.#scanRest(index, what & 3, texts);
        else if (texts !== undefined) for (let k = 0; k < texts.length; k++) this.#scanRest(index, what & 3, texts[k] as string);
      }
    }
  }

  /** `how` as assembly/group.ts gives it: all of the index, its wide anchors, its numbers. */
  #scanRest(index: ByteIndex, how: number, folded: string): void {
    const { written } = this.#line;
    if (how === ALL) {
      written.setText(escaped(folded));
      const isNumber = this.machine.run.scanIndex(index.at, written.at, written.at + written.length) !== 0;
      if (isNumber) index.scanNumber(folded);
    }
    if (how === NUMBER) index.scanNumber(folded);
    else index.scanWide(folded);
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

  /** From the line in lower case, which `scan` has made. */
  #lowAt(place: number): string | undefined {
    if (place < 0) return undefined;
    const { tokens, lower, unescaped } = this.#line;
    const kind = tokens.kindOf(place);
    if (kind !== PLAIN && kind !== ESCAPED) return undefined;
    const from = lower + tokens.start(place);
    const to = lower + tokens.end(place);
    if (kind === PLAIN) return this.machine.bytes.toString('latin1', from, to);
    // The letters of simple escapes are lower case already, so folding may come first.
    const length = this.machine.run.resolveEscapes(from, to, unescaped);
    return this.machine.bytes.toString('latin1', unescaped, unescaped + length);
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

/** What assembly/group.ts leaves of a field. */
const ALL = 0;
const NUMBER = 2;
