import { html, type Markup } from './html.ts';
import type { Status } from './status.ts';
import type { Verdict } from './verdict.ts';

/** Marks beside colours: no status is told by colour alone. */
export const STATUS_MARK: Readonly<Record<Status, string>> = {
  satisfied: '\u2713',
  'not-satisfied': '\u2717',
  degraded: '\u25d1',
  'not-assessed': '?',
  'not-applicable': '\u2013',
};

const WIDTH = 720;
const BAR = 28;
const MAX_CELLS = 360;

/** One bar, a part per status; whole numbers only, so that every machine draws the same. */
export function statusBar(title: string, counts: Readonly<Record<Status, number>>): Markup {
  const entries = (Object.keys(STATUS_MARK) as Status[]).map((status) => ({ status, n: counts[status] })).filter(({ n }) => n > 0);
  const total = entries.reduce((sum, { n }) => sum + n, 0);
  let seen = 0;
  const parts = entries.map(({ status, n }) => {
    const x = Math.floor((seen * WIDTH) / total);
    seen += n;
    const width = Math.floor((seen * WIDTH) / total) - x;
    const label = width >= 40 ? html`<text x="${x + 6}" y="19" class="on-${status}">${STATUS_MARK[status]} ${n}</text>` : html``;
    return html`<rect x="${x}" y="0" width="${width}" height="${BAR}" class="s-${status}"><title>${status}: ${n} of ${total}</title></rect>${label}`;
  });
  return html`<svg role="img" viewBox="0 0 ${WIDTH} ${BAR}" width="${WIDTH}" height="${BAR}"><title>${title}</title>${parts}</svg>`;
}

const VERDICT_CLASS = { pass: 's-satisfied', fail: 's-not-satisfied', undecided: 's-not-assessed' } as const;
const VERDICT_HEIGHT = { pass: 8, fail: 20, undecided: 14 } as const;
const RANK = { pass: 0, undecided: 1, fail: 2 } as const;

/** Verdicts over time, left to right; with very many windows, each mark shows the worst of its neighbours. */
export function verdictStrip(title: string, verdicts: readonly Verdict['verdict'][]): Markup {
  const cells = Math.min(MAX_CELLS, verdicts.length);
  const width = Math.max(2, Math.floor(WIDTH / Math.max(1, cells)));
  const marks = Array.from({ length: cells }, (_, i) => {
    const from = Math.floor((i * verdicts.length) / cells);
    const to = Math.floor(((i + 1) * verdicts.length) / cells);
    const worst = verdicts.slice(from, to).reduce((a, b) => (RANK[b] > RANK[a] ? b : a), 'pass');
    const height = VERDICT_HEIGHT[worst];
    return html`<rect x="${i * width}" y="${20 - height}" width="${Math.max(1, width - 1)}" height="${height}" class="${VERDICT_CLASS[worst]}"/>`;
  });
  return html`<svg role="img" viewBox="0 0 ${Math.max(1, cells * width)} 20" width="${Math.max(1, cells * width)}" height="20"><title>${title}</title>${marks}</svg>`;
}
