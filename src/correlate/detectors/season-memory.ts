import { isWide, readNoisy, type Shape, TURN, writeNoisy } from '../noisy/lists.ts';
import { indexOf, listsAt, placeOf, withLists } from '../slots.ts';
import { codeOf, numberOf, STEP } from './coarse.ts';
import { COARSEST, codeAt, FINEST, movedTo, numberAt, octaveFor, placeAt } from './ladder.ts';

/** What is remembered of one slot of a season, and what its lists may take. */
export type Season = {
  readonly slots: number;
  /** Values kept of each slot. */
  readonly keep: number;
  /** Slots of a day, where the season has several days; 0: none. */
  readonly daily: number;
  /** Values are remembered to seven binary digits at best: sums and averages. */
  readonly digits: boolean;
  /** Bytes of text for each part; left out: `BUDGET`. */
  readonly budget?: number | undefined;
};

export type Recalled = {
  /** The last values of the slot; where steps are wide, those on one step lie spread over it. */
  readonly values: readonly number[];
  /** Width of the steps around a value; 0 where values are remembered as `digits` says. */
  readonly stepAt: (value: number) => number;
  /** The least deviation that what is remembered can tell. */
  readonly leastAt: (middle: number) => number;
  /** The text with one more value, of a pane. */
  readonly learn: (value: number, pane: number) => string;
};

/**
 * The last values of all slots of a season in one text of at most `BUDGET` bytes for each 1,008 values: whole and in
 * order as long as they fit (`slots.ts`), and else sorted, in steps (`ladder.ts`, `noisy/`) as wide as they must be;
 * then the value that makes room for a new one is not the oldest but any of them, drawn by the pane. A longer season is
 * several such texts, each behind its length, with steps of its own.
 *
 * A level is eight times the octave of the steps, and in how many of eight slots they are in the next octave already: each
 * level lets one binary digit of one value in eight go.
 */
export const BUDGET = 176;
export const PART = 1008;

const WHOLE = '\0';
/** Octave (from 1 on) and number of slots in the next one, behind each other in two bytes: the first is not that of `WHOLE`. */
const HEAD = 2;
const OFFSET = 32 - FINEST;
/** The standard deviation of what is evenly spread over one step. */
const EVEN = 1 / Math.sqrt(12);
/** A season has so many slots at which steps may become finer, as new values must first show what they take. */
const CHANCES = 8;

/** Is what is remembered of the one slot of a season without any whole, so that nothing is drawn when more is learned? */
export const isWhole = (text: string): boolean => text.startsWith(WHOLE);

type Lists = readonly (readonly number[])[];

export function seasonMemory(season: Season): (text: string, slot: number) => Recalled {
  const { slots, keep, digits } = season;
  const parts = Math.ceil((slots * keep) / PART);
  const length = Math.ceil(slots / parts);
  const budget = (season.budget ?? BUDGET) - (parts === 1 ? 0 : HEAD);
  const pause = Math.ceil(length / CHANCES);
  const shape: Shape = { slots: length, keep, daily: season.daily };
  const written = digits ? codeOf : (value: number): number => value;
  const read = digits ? numberOf : (value: number): number => value;

  const wholeOf = (lists: Lists): string => {
    let text = WHOLE;
    for (let slot = 0; slot < length; ) {
      const place = placeOf(text, slot, WHOLE.length);
      const block = listsAt(text, place).map((_, i) => lists[slot + i] ?? []);
      text = withLists(text, place, block, WHOLE.length);
      slot += block.length;
    }
    return text;
  };
  const listsOf = (text: string): Lists => {
    const lists: (readonly number[])[] = [];
    while (lists.length < length) lists.push(...listsAt(text, placeOf(text, lists.length, WHOLE.length)));
    return lists.slice(0, length);
  };

  const textOf = (codes: Lists, from: number, to: number): string => {
    const head = to + OFFSET * TURN;
    const lists =
      from === to ? codes : codes.map((list, slot) => list.map((code) => movedTo(code, octaveOf(from, slot), octaveOf(to, slot))));
    return writeNoisy(lists, shape, turnOf(to), String.fromCharCode(head >> 8, head & 255));
  };
  /** The finest level from `level` on at which the lists fit, or one a little above it. */
  const fitted = (codes: Lists, level: number): string => {
    const numbers = codes.reduce((sum, list) => sum + (list.some((code) => code !== 0) ? list.length : 0), 1);
    for (let [to, tries] = [level, 0]; ; tries++) {
      const text = textOf(codes, level, to);
      const excess = 8 * (text.length - budget);
      if (excess <= 0) return text;
      // Only a text that nobody wrote has numbers as high as this.
      if (to === COARSEST * TURN)
        return codes.some((list) => list.some((code) => code !== 0))
          ? fitted(
              codes.map((list) => list.map(() => 0)),
              to,
            )
          : text;
      // Half of what there is too much of each number, lest it goes too far; from many tries on more and more.
      const rise = Math.max(1, Math.min(TURN, Math.floor((TURN * excess) / numbers / 2)), TURN * 2 ** (tries - 16));
      to = Math.min(COARSEST * TURN, to + Math.floor(rise));
    }
  };

  const recallWhole = (text: string, slot: number): Recalled => {
    const place = placeOf(text, slot, WHOLE.length);
    const lists = listsAt(text, place);
    const kept = lists[indexOf(slot)] ?? [];
    return {
      values: kept.map(read),
      stepAt: () => 0,
      leastAt: (middle) => (digits ? Math.abs(middle) * STEP : 0),
      learn(value) {
        lists[indexOf(slot)] = [...kept.slice(kept.length < keep ? 0 : 1), written(value)];
        const whole = withLists(text, place, lists, WHOLE.length);
        if (whole.length <= budget) return whole;
        // A text that nobody wrote may hold longer lists than steps can take.
        const values = listsOf(whole).map((list) => list.slice(-keep).map(read));
        const octave = octaveFor(middleSize(values));
        return fitted(
          values.map((list) => list.map((one) => codeAt(one, octave)).sort(ascending)),
          octave * TURN,
        );
      },
    };
  };

  /** Lists that fit at a level: whole, or in finer steps, where that fits as well. */
  const finerOf = (lists: Lists, level: number, same: string): string => {
    const values = lists.map((list, slot) => outerFirst(list).map((code) => numberAt(code, octaveOf(level, slot))));
    if (same.length <= budget / 2) {
      const whole = wholeOf(values.map((list) => list.map((one) => written(digits ? one : Math.round(one)))));
      if (whole.length <= (3 * budget) / 4) return whole;
    }
    // Finer ones than these would make nothing out that counts.
    const finest = octaveFor(middleSize(values)) * TURN;
    if (level <= finest || same.length + HEAD + (length * keep) / 64 > budget) return same;
    const finer = textOf(lists, level, level - 1);
    return finer.length <= budget ? finer : same;
  };

  const recallSteps = (text: string, slot: number): Recalled => {
    const level = levelOf(text);
    const lists: (readonly number[])[] = readNoisy(text, HEAD, shape, turnOf(level));
    const kept = lists[slot] ?? [];
    const octave = octaveOf(level, slot);
    const widthAt = (value: number): number => {
      const place = placeAt(value, octave);
      return numberAt(place + 0.5, octave) - numberAt(place - 0.5, octave);
    };
    // Whole numbers are known where no two of them are on one step.
    const stepAt = digits ? widthAt : (value: number): number => (widthAt(value) <= 1 ? 0 : widthAt(value));
    return {
      values: spreadOut(kept).map((place, i) => {
        const value = numberAt(kept[i] as number, octave);
        return stepAt(value) === 0 ? Math.round(value) : numberAt(place, octave);
      }),
      stepAt,
      leastAt: (middle) => EVEN * stepAt(middle),
      learn(value, pane) {
        const room = kept.length < keep ? kept : kept.toSpliced(drawn(pane, keep), 1);
        const learned = [...room, codeAt(value, octave)].sort(ascending);
        lists[slot] = learned;
        const changed = learned.length !== kept.length || learned.some((code, i) => code !== kept[i]);
        const same = changed ? fitted(lists, level) : text;
        // While there are ever more values, they will take what is left.
        const settled = kept.length === keep && levelOf(same) === level;
        return settled && slot % pause === 0 ? finerOf(lists, level, same) : same;
      },
    };
  };

  const recall = (text: string, slot: number): Recalled =>
    text === '' ? recallWhole(WHOLE, slot) : isWhole(text) ? recallWhole(text, slot) : recallSteps(text, slot);
  if (parts === 1) return recall;
  return (text, slot) => {
    const part = Math.floor(slot / length);
    const texts = partsOf(text, parts);
    const recalled = recall(texts[part] as string, slot - part * length);
    return { ...recalled, learn: (value, pane) => joined(texts.with(part, recalled.learn(value, pane))) };
  };
}

/** The median size of what is not 0. */
function middleSize(lists: readonly (readonly number[])[]): number {
  const sizes = Float64Array.from(
    lists.flat().filter((value) => value !== 0),
    Math.abs,
  ).sort();
  return sizes[sizes.length >> 1] ?? 0;
}

const levelOf = (text: string): number =>
  Math.max(FINEST * TURN, Math.min(COARSEST * TURN, text.charCodeAt(0) * 256 + (text.charCodeAt(1) || 0) - OFFSET * TURN));
const octaveOf = (level: number, slot: number): number => {
  const octave = Math.floor(level / TURN);
  return isWide(slot, turnOf(level)) ? octave + 1 : octave;
};
const turnOf = (level: number): number => level - Math.floor(level / TURN) * TURN;
const ascending = (a: number, b: number): number => a - b;

/** A whole number below `count`, as good as at random and the same for the same pane: every bit of the pane moves half of the others. */
export function drawn(pane: number, count: number): number {
  let mixed = Math.imul(pane ^ (pane >>> 16), 0x45d9f3b5);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return Math.floor((((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32) * count);
}

/** The least, the greatest, the second least and so on: what goes first tells least about the middle. */
function outerFirst(sorted: readonly number[]): number[] {
  return sorted.map((_, i) => sorted[i % 2 === 0 ? i / 2 : sorted.length - (i + 1) / 2] as number);
}

/** Several values on one step lie evenly over it, as where in it they were is not known: as in medians of grouped data. None are none. */
function spreadOut(codes: readonly number[]): number[] {
  return codes.map((code, i) => {
    const first = codes.indexOf(code);
    const alike = codes.lastIndexOf(code) - first + 1;
    return code === 0 ? 0 : code + (i - first + 0.5) / alike - 0.5;
  });
}

/** Parts behind their lengths, two bytes each. */
function partsOf(text: string, parts: number): string[] {
  const texts: string[] = [];
  for (let [i, at] = [0, 0]; i < parts; i++) {
    const length = text === '' ? 0 : text.charCodeAt(at) * 256 + text.charCodeAt(at + 1);
    texts.push(text.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return texts;
}
/** One text of its own, not parts of the texts it was made from. */
const joined = (texts: readonly string[]): string =>
  Buffer.from(texts.map((text) => String.fromCharCode(text.length >> 8, text.length & 255) + text).join(''), 'latin1').toString('latin1');
