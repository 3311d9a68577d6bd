import { rounded } from '../../correlate/conditions/told.ts';
import { isoTime, type Nanos } from '../../event/time.ts';
import { printable } from '../../shared/table.ts';
import type { DrawnPoint } from './collector.ts';
import { rangeOf, shareOf } from './range.ts';

const WIDTH = 60;
const MINUTE = 60_000_000_000n;

/**
 * One line per point: `-` is the expected band, `|` what was expected, `o` what was seen, `*` where it fired, `?` while
 * learning. A run of panes without a match is one line, and so are points that are not drawn.
 */
export function textChart(points: readonly DrawnPoint[]): string {
  const range = rangeOf(points);
  const columnOf = (value: number): number => Math.round(shareOf(value, range) * (WIDTH - 1));
  const digits = points.every(({ start }) => start % MINUTE === 0n) ? 16 : 19;
  const timeOf = (time: Nanos): string => isoTime(time).slice(0, digits);
  const lines = points.flatMap(({ start, value, judged, label, idle = 1, until, skipped }) => {
    const cells = new Array<string>(WIDTH).fill(' ');
    if (judged.known) {
      for (let i = columnOf(judged.low); i <= columnOf(judged.high); i++) cells[i] = '-';
      cells[columnOf(judged.expected)] = '|';
    }
    cells[columnOf(value)] = judged.known ? (judged.fired ? '*' : 'o') : '?';
    const told = judged.known
      ? `${rounded(judged.expected)}${judged.fired ? `  fired, confidence ${judged.confidence.toFixed(2)}` : ''}`
      : `learning ${judged.learned}/${judged.needed}`;
    const more = [
      ...(label === undefined ? [] : [printable(label)]),
      ...(until === undefined ? [] : [`${idle} panes without a match, until ${timeOf(until)}`]),
    ];
    const line = [`${timeOf(start)} ${cells.join('')} ${String(rounded(value)).padStart(10)}  expected ${told}`, ...more].join('  ');
    return skipped === undefined ? [line] : [`... ${skipped} points that are not drawn`, line];
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
