import type { Origin } from '../event/raw-record.ts';
import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Hit } from './firing.ts';

/** Reads parts of packed hits. */
export type HitReader = {
  whole(packed: string): Hit;
  origin(packed: string): Origin;
  values(packed: string): Hit['values'];
};

type Fields = Readonly<Record<string, JsonValue>>;

/** The object, its instant, its place in a list, the head of the text, and values that were read of it (parts of the text). */
const KEPT_BYTES = 232;

/**
 * A hit as windows keep it: its time, its rule, and the rest as text. What conditions ask again and again is read once;
 * what only an alert needs is read when there is one, from `whole` (why it holds and exceptions stand only there).
 */
export class KeptHit implements Hit {
  readonly time: Nanos;
  readonly rule: RuleId;
  readonly packed: string;
  readonly #reader: HitReader;
  #origin: Origin | undefined = undefined;
  #values: Fields | undefined = undefined;

  constructor(time: Nanos, rule: RuleId, packed: string, reader: HitReader) {
    this.time = time;
    this.rule = rule;
    this.packed = packed;
    this.#reader = reader;
  }
  get origin(): Origin {
    this.#origin ??= this.#reader.origin(this.packed);
    return this.#origin;
  }
  get values(): Fields {
    this.#values ??= this.#reader.values(this.packed);
    return this.#values;
  }
  get entities(): Fields {
    return this.whole().entities;
  }
  get appendedAt(): number {
    return this.whole().appendedAt;
  }
  get bytes(): number {
    return KEPT_BYTES + this.packed.length;
  }
  whole(): Hit {
    return this.#reader.whole(this.packed);
  }
  /** In a checkpoint it is its text. */
  toJSON(): string {
    return this.packed;
  }
}

/** The hit with all that alerts say of it. */
export const wholeOf = (hit: Hit): Hit => (hit instanceof KeptHit ? hit.whole() : hit);
