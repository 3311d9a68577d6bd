import { factsOf, shown, shownGroup } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';

const COLORS = { informational: 'default', low: 'default', medium: 'warning', high: 'attention', critical: 'attention' } as const;

/** A `TextRun` is never read as Markdown, as the text of a `TextBlock` or of a fact is (Adaptive Cards 1.2 and later). */
const line = (...runs: readonly object[]) => ({ type: 'RichTextBlock', inlines: runs });
const run = (text: string, more: object = {}) => ({ type: 'TextRun', text: text || '-', ...more });

/** An Adaptive Card for the Workflows webhook of Teams; far below its limit of 28 kB. */
export function teams(alert: AlertDocument): Payload {
  const facts = factsOf(alert);
  const { level, open, url } = facts;
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      line(
        run(`[${open ? level : 'closed'}] `, { weight: 'bolder', color: COLORS[level] }),
        run(shown(facts.title, 200), { weight: 'bolder', size: 'large' }),
      ),
      line(run(shown(facts.reason, 1000))),
      ...shownGroup(facts, 10, 300).map(([field, value]) => line(run(`${field}: `, { weight: 'bolder' }), run(value))),
      line(run(shown(`${facts.rule} · ${facts.time} · ${facts.alert}`, 300), { isSubtle: true, size: 'small' })),
    ],
    ...(url === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url }] }),
  };
  return json({
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
  });
}
