import { exponentOf } from './coarse.ts';

/**
 * Numbers as whole numbers of steps on a ladder: steps are even on the square root of a number, where the noise of counts
 * and of sums over counted things is as wide at each height (Bartlett, "The square root transformation in analysis of
 * variance", 1936); from 128 steps on there are 64 to each doubling of the root. `octave` is the width of the steps as a
 * power of two. A step of one octave stands on one of each finer octave too, so that only a rise of it loses anything.
 */
export const FINEST = -24;
/** All numbers are 0. */
export const COARSEST = 514;
/** From so many steps on, doublings are divided into half as many. */
const LINEAR = 128;
const DIVISION = LINEAR / 2;
/** No number of a double stands higher; texts that nobody wrote may say so. */
const HIGHEST = DIVISION * 540;

/** An octave at which a number stands some 64 to 128 steps up. */
export function octaveFor(value: number): number {
  const root = rootOf(value);
  return root === 0 ? FINEST : Math.max(FINEST, Math.min(COARSEST, exponentOf(root) - 6));
}
const rootOf = (value: number): number => Math.sqrt(Math.min(Math.abs(value), Number.MAX_VALUE));

/** Where a number stands between the steps of an octave. */
export const placeAt = (value: number, octave: number): number => Math.sign(value) * placeOf(rootOf(value) / 2 ** octave);
/** The number at a step, or between two. */
export function numberAt(place: number, octave: number): number {
  const root = stepsOf(Math.abs(place)) * 2 ** octave;
  return Math.sign(place) * Math.min(root * root, Number.MAX_VALUE);
}
/** The nearest step. */
export const codeAt = (value: number, octave: number): number => nearest(placeAt(value, octave));

/** A step of one octave on another; on a finer one it is the same number. */
export function movedTo(code: number, from: number, to: number): number {
  return from === to ? code : Math.sign(code) * nearest(placeOf(stepsOf(Math.abs(code)) * 2 ** (from - to))) + 0;
}

/** Halves to the even side: as often up as down. */
function nearest(place: number): number {
  const whole = Math.round(place);
  const half = whole - place === 0.5 && whole % 2 !== 0;
  // Neither -0 nor what is no number.
  return (half ? whole - 1 : whole) || 0;
}

function placeOf(steps: number): number {
  if (steps < LINEAR) return steps;
  const doublings = exponentOf(steps) - 6;
  return DIVISION * doublings + steps / 2 ** doublings;
}
function stepsOf(place: number): number {
  if (place < LINEAR) return place;
  const doublings = Math.floor(Math.min(place, HIGHEST) / DIVISION) - 1;
  return (Math.min(place, HIGHEST) - DIVISION * doublings) * 2 ** doublings;
}
