import { cut, shown } from '../../facts.ts';

/**
 * Text for a receiver that reads something between angle brackets: commands and links in Slack
 * (https://api.slack.com/reference/surfaces/formatting#escaping), HTML in Opsgenie. It is cut before and after it is
 * escaped: an escape makes it longer, and half an escape would be shown as letters.
 */
export function inert(text: string, max: number): string {
  const escaped = shown(text, max).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return escaped.length <= max ? escaped : cut(escaped, max).replace(/&[a-z]{0,3}…$/, '…');
}
