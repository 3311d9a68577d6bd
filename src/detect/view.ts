import type { Accessor } from '../event/field-source.ts';
import { fold } from '../shared/fold.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { allLeaves, type Leaf, leafText, leavesOf } from './scalar.ts';

/** Texts of a field: one text as it is, several as a list, none as undefined. Most fields have one; no list is made for it. */
export type Texts = string | readonly string[] | undefined;

/** 0 the field is missing, 1 it is null, 2 it has a value. */
export type Presence = 0 | 1 | 2;

/** One event as programs see it: fields by slot, keywords over all leaves. */
export interface View {
  /** Is the field there at all, and with more than null? Cheaper than its value. */
  presence(slot: number): Presence;
  raw(slot: number): JsonValue | undefined;
  leaves(slot: number): readonly Leaf[];
  text(slot: number): Texts;
  /** Folded as rule texts are. */
  low(slot: number): Texts;
  /** The text of every leaf of the original document. */
  keywords(): readonly string[];
  lowKeywords(): readonly string[];
  keywordLeaves(): readonly Leaf[];
}

/**
 * A view on a parsed document: fields by slot, each read, turned to text and folded at most once per event. A generation
 * number marks what belongs to the current event, so that nothing is cleared in between.
 */
export class ObjectView implements View {
  #document: JsonObject = {};
  #generation = 0;
  readonly #accessors: Accessor[] = [];
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

  /** Adds a field; returns its slot. */
  addSlot(accessor: Accessor): number {
    this.#raw.push(undefined);
    this.#text.push(undefined);
    this.#low.push(undefined);
    this.#rawStamp.push(0);
    this.#textStamp.push(0);
    this.#lowStamp.push(0);
    return this.#accessors.push(accessor) - 1;
  }

  begin(document: JsonObject): void {
    this.#document = document;
    this.#generation++;
  }

  presence(slot: number): Presence {
    return presenceOf(this.raw(slot));
  }

  raw(slot: number): JsonValue | undefined {
    if (this.#rawStamp[slot] === this.#generation) return this.#raw[slot];
    this.#rawStamp[slot] = this.#generation;
    const value = (this.#accessors[slot] as Accessor)(this.#document);
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
    const texts = this.text(slot);
    const low = typeof texts === 'string' ? fold(texts) : texts?.map(fold);
    this.#low[slot] = low;
    return low;
  }

  keywords(): readonly string[] {
    if (this.#keywordStamp !== this.#generation) {
      this.#keywordStamp = this.#generation;
      this.#keywords = allLeaves(this.#document).map(leafText);
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

  /** All keyword texts in one, folded: one scan instead of one per value. A literal never spans two values that it should not, since candidates are verified. */
  joinedKeywords(): string {
    return fold(this.keywords().join('\n'));
  }

  keywordLeaves(): readonly Leaf[] {
    return allLeaves(this.#document);
  }
}

export const presenceOf = (value: JsonValue | undefined): Presence => (value === undefined ? 0 : value === null ? 1 : 2);

export function textsOf(value: JsonValue | undefined): Texts {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') return String(value);
  const leaves = leavesOf(value);
  return leaves.length === 0 ? undefined : leaves.map(leafText);
}
