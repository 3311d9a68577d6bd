import type { AlertDocument, Delivery } from '../sink.ts';
import type { HttpAnswer } from './client.ts';
import { outcomeOf } from './outcome.ts';

/** What an answer to many alerts means: `refused` is about some of them, and does not say which. */
export type WholeAnswer = HttpAnswer | { readonly refused: string };

/**
 * Many alerts in one request. A refusal is about some of them, so the halves are tried until it is known which; what was
 * taken before is sent again with it, under the same ids.
 */
export async function inOneRequest(
  alerts: readonly AlertDocument[],
  send: (part: readonly AlertDocument[]) => Promise<WholeAnswer>,
): Promise<readonly Delivery[]> {
  if (alerts.length === 0) return [];
  const answer = await send(alerts);
  if ('failed' in answer) return alerts.map(({ id }) => ({ id, outcome: 'retry', reason: answer.failed }));
  const refused = 'refused' in answer ? answer.refused : [400, 413, 422].includes(answer.status) ? `status ${answer.status}` : undefined;
  if (refused === undefined && 'status' in answer) return alerts.map(({ id }) => outcomeOf(id, answer.status, answer.retryAfterMs));
  const middle = alerts.length >> 1;
  if (middle === 0) return alerts.map(({ id }) => ({ id, outcome: 'rejected', reason: refused ?? 'refused' }));
  return [...(await inOneRequest(alerts.slice(0, middle), send)), ...(await inOneRequest(alerts.slice(middle), send))];
}
