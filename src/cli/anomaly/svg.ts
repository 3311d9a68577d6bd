import type { PanePoint } from '../../correlate/conditions/panes.ts';
import { rounded } from '../../correlate/conditions/told.ts';
import { isoTime } from '../../event/time.ts';
import { printable } from '../../shared/table.ts';
import { xmlText } from '../../shared/xml-text.ts';
import type { DrawnPoint } from './collector.ts';
import { rangeOf, shareOf } from './range.ts';

/** Whatever is written into a drawing: what no terminal would show is shown as text here too. */
const escaped = (text: string): string => xmlText(printable(text));

const [width, height, edge] = [960, 320, 40];

type Placed = { readonly at: string; readonly point: DrawnPoint };

/** A drawing: expected band, line of what was seen, a mark with its value where it fired, and a gap where points are not drawn. */
export function svgChart(points: readonly DrawnPoint[], title: string): string {
  const range = rangeOf(points);
  const y = (value: number): string => (height - edge - shareOf(value, range) * (height - 2 * edge)).toFixed(1);
  const { segments, gaps } = placed(points);
  const label = (at: string, value: number): string => `<text x="4" y="${at}" font-size="11">${rounded(value)}</text>`;
  const mark = ({ at, point: { start, value, judged, label: what } }: Placed): readonly string[] =>
    judged.known && judged.fired
      ? [
          `<circle cx="${at}" cy="${y(value)}" r="5" fill="#c0392b"><title>${escaped(`${isoTime(start)}: ${rounded(value)}, expected ${rounded(judged.expected)}${what === undefined ? '' : `, ${what}`}`)}</title></circle>`,
        ]
      : [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" role="img">`,
    `<title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${edge}" y="20" font-size="14">${escaped(title)}</text>`,
    ...segments.flatMap((segment) => lines(segment, y)),
    ...gaps.map(
      ({ at, skipped }) =>
        `<line x1="${at}" x2="${at}" y1="${edge}" y2="${height - edge}" stroke="#bbb" stroke-dasharray="2 4"><title>${skipped} points that are not drawn</title></line>`,
    ),
    ...segments.flatMap((segment) => segment.flatMap(mark)),
    ...(points.length === 0 ? [`<text x="${edge}" y="${height / 2}" font-size="14">nothing to draw</text>`] : []),
    label(y(range[1]), range[1]),
    label(y(range[0]), range[0]),
    ...ends(points),
    '</svg>\n',
  ].join('\n');
}

/** The times of the first and the last point. */
function ends(points: readonly DrawnPoint[]): readonly string[] {
  const at = (place: string, point: DrawnPoint | undefined): readonly string[] =>
    point === undefined ? [] : [`<text ${place} y="${height - 12}" font-size="11">${isoTime(point.start)}</text>`];
  return [...at(`x="${edge}"`, points[0]), ...at(`x="${width - edge}" text-anchor="end"`, points.length > 1 ? points.at(-1) : undefined)];
}

/** One step to the right for each point, and one for each gap, which ends a segment. */
function placed(points: readonly DrawnPoint[]) {
  const steps = points.length + points.filter(({ skipped }) => skipped !== undefined).length;
  const x = (step: number): string => (edge + (step / Math.max(1, steps - 1)) * (width - 2 * edge)).toFixed(1);
  const segments: Placed[][] = [];
  const gaps: { readonly at: string; readonly skipped: number }[] = [];
  let step = 0;
  for (const point of points) {
    const { skipped } = point;
    if (skipped !== undefined) gaps.push({ at: x(step++), skipped });
    if (skipped !== undefined || segments.length === 0) segments.push([]);
    segments.at(-1)?.push({ at: x(step++), point });
  }
  return { segments, gaps };
}

function lines(segment: readonly Placed[], y: (value: number) => string): readonly string[] {
  const known = segment.flatMap(({ at, point: { judged } }) => (judged.known ? [{ at, judged }] : []));
  const band = [
    ...known.map(({ at, judged }) => `${at},${y(judged.high)}`),
    ...known.toReversed().map(({ at, judged }) => `${at},${y(judged.low)}`),
  ];
  const seen = segment.map(({ at, point }: { readonly at: string; readonly point: PanePoint }) => `${at},${y(point.value)}`);
  return [
    `<polygon points="${band.join(' ')}" fill="#d6e4f0"/>`,
    `<polyline points="${known.map(({ at, judged }) => `${at},${y(judged.expected)}`).join(' ')}" fill="none" stroke="#7f9fbf" stroke-dasharray="4 3"/>`,
    `<polyline points="${seen.join(' ')}" fill="none" stroke="#22313f"/>`,
  ];
}
