import { request } from 'undici';
import { messageOf, WardlineError } from '../shared/errors.ts';

const TIMEOUT_MS = 15_000;

/**
 * Replaces the metrics of one group at a Pushgateway. The group is (job "wardline_report", pack), so that a later report
 * of the same pack takes the place of the one before. Throws WardlineError `sink`, naming the host and never the URL.
 * Source: https://github.com/prometheus/pushgateway#api
 */
export async function pushMetrics(gateway: string, pack: string, text: string): Promise<void> {
  let url: URL;
  try {
    url = new URL(gateway);
  } catch {
    throw new WardlineError('usage', '--push takes the address of a Pushgateway such as http://pushgateway:9091');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new WardlineError('usage', '--push takes an http or https address');
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.pathname = `${url.pathname.replace(/\/$/, '')}/metrics/job/wardline_report/pack/${encodeURIComponent(pack)}`;
  const basic = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  try {
    const answer = await request(url, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain; version=0.0.4', ...(username === '' ? {} : { authorization: basic }) },
      body: text,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const said = (await answer.body.text()).slice(0, 300);
    if (answer.statusCode >= 300) throw new Error(`answered ${answer.statusCode}: ${said.trim()}`);
  } catch (error) {
    throw new WardlineError('sink', `the Pushgateway at ${url.host} did not take the metrics: ${messageOf(error)}`);
  }
}
