import type { PanePoint } from '../../correlate/conditions/panes.ts';
import { rounded } from '../../correlate/conditions/told.ts';
import { isoTime } from '../../event/time.ts';
import { printable } from '../../shared/table.ts';

const WIDTH = 60;

const within = (value: number, [low, high]: readonly [number, number]): number => Math.min(high, Math.max(low, value));

/** The least and the greatest of what was seen and expected; bounds that are open end there. */
function rangeOf(points: readonly PanePoint[]): readonly [number, number] {
  const values = points
    .flatMap(({ value, judged }) => (judged.known ? [value, judged.expected, judged.low, judged.high] : [value]))
    .filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  return [low, high > low ? high : low + 1];
}

/** One line per pane: `-` is the expected band, `|` what was expected, `o` what was seen, `*` where it fired, `?` while learning. */
export function textChart(points: readonly PanePoint[]): string {
  const range = rangeOf(points);
  const columnOf = (value: number): number => Math.round(((within(value, range) - range[0]) / (range[1] - range[0])) * (WIDTH - 1));
  const lines = points.map(({ start, value, judged, label }) => {
    const cells = new Array<string>(WIDTH).fill(' ');
    if (judged.known) {
      for (let i = columnOf(judged.low); i <= columnOf(judged.high); i++) cells[i] = '-';
      cells[columnOf(judged.expected)] = '|';
    }
    cells[columnOf(value)] = judged.known ? (judged.fired ? '*' : 'o') : '?';
    const told = judged.known
      ? `${rounded(judged.expected)}${judged.fired ? `  fired, confidence ${judged.confidence.toFixed(2)}` : ''}`
      : `learning ${judged.learned}/${judged.needed}`;
    return `${isoTime(start).slice(0, 16)} ${cells.join('')} ${String(rounded(value)).padStart(10)}  expected ${told}${label === undefined ? '' : `  ${printable(label)}`}`;
  });
  return `${lines.join('\n')}\n`;
}

/** The same as a drawing: expected band, line of what was seen, a mark with its value where it fired. */
export function svgChart(points: readonly PanePoint[], title: string): string {
  const [width, height, edge] = [960, 320, 40];
  const range = rangeOf(points);
  const x = (i: number): string => (edge + (i / Math.max(1, points.length - 1)) * (width - 2 * edge)).toFixed(1);
  const y = (value: number): string =>
    (height - edge - ((within(value, range) - range[0]) / (range[1] - range[0])) * (height - 2 * edge)).toFixed(1);
  const known = points.flatMap(({ judged }, i) => (judged.known ? [{ i, judged }] : []));
  const band = [
    ...known.map(({ i, judged }) => `${x(i)},${y(judged.high)}`),
    ...known.toReversed().map(({ i, judged }) => `${x(i)},${y(judged.low)}`),
  ];
  const fired = points.flatMap(({ start, value, judged, label }, i) =>
    judged.known && judged.fired
      ? [
          `<circle cx="${x(i)}" cy="${y(value)}" r="5" fill="#c0392b"><title>${isoTime(start)}: ${rounded(value)}, expected ${rounded(judged.expected)}${label === undefined ? '' : `, ${escaped(label)}`}</title></circle>`,
        ]
      : [],
  );
  const label = (at: string, value: number): string => `<text x="4" y="${at}" font-size="11">${rounded(value)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" role="img">`,
    `<title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${edge}" y="20" font-size="14">${escaped(title)}</text>`,
    `<polygon points="${band.join(' ')}" fill="#d6e4f0"/>`,
    `<polyline points="${known.map(({ i, judged }) => `${x(i)},${y(judged.expected)}`).join(' ')}" fill="none" stroke="#7f9fbf" stroke-dasharray="4 3"/>`,
    `<polyline points="${points.map(({ value }, i) => `${x(i)},${y(value)}`).join(' ')}" fill="none" stroke="#22313f"/>`,
    ...fired,
    label(y(range[1]), range[1]),
    label(y(range[0]), range[0]),
    `<text x="${edge}" y="${height - 12}" font-size="11">${points[0] === undefined ? '' : isoTime(points[0].start)}</text>`,
    '</svg>\n',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.toWellFormed().replace(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter);
