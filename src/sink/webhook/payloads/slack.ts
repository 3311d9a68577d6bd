import { cut, type Facts, factsOf, shownGroup } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { inert } from './markup.ts';
import { json, type Payload } from './payload.ts';

const plainText = (text: string, max: number) => ({ type: 'plain_text', text: inert(text, max) || '-', emoji: false });

/** An incoming webhook of Slack. Every text is `plain_text`; nothing is linked, mentioned or unfurled. */
export function slack(alert: AlertDocument): Payload {
  const facts = factsOf(alert);
  const fields = shownGroup(facts, 10, 300).map(([field, value]) => plainText(`${field}: ${value}`, 500));
  return json({
    text: inert(headline(facts), 300),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plainText(headline(facts), 150) },
      { type: 'section', text: plainText(facts.reason, 2000) },
      ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
      { type: 'context', elements: [plainText(`${facts.rule} · ${facts.time} · ${facts.alert}`, 500)] },
      ...(facts.url === undefined
        ? []
        : [{ type: 'actions', elements: [{ type: 'button', text: plainText('Open', 20), url: cut(facts.url, 3000) }] }]),
    ],
  });
}

const headline = ({ level, title, open }: Facts): string => `[${open ? level : 'closed'}] ${title}`;
