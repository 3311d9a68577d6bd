import { fetch } from 'undici';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createHttpSource } from '../../src/source/http/receiver.ts';
import { REPEAT_WINDOW_MS } from '../../src/source/inbox.ts';
import type { Address } from '../../src/source/listen-settings.ts';
import { httpSourceSettings, sourceSettings } from '../../src/source/settings.ts';
import { openStore } from '../../src/store/store.ts';
import { describeSourceContract } from '../contract/source-contract.ts';
import { createListenLog } from '../support/listening.ts';

/** A receiver at a free port over a store of its own. */
function receiver(more: object = {}) {
  const store = openStore(':memory:');
  const log = createListenLog();
  const settings = httpSourceSettings.parse({ kind: 'http', name: 'hook', listen: '127.0.0.1:0', ...more });
  const open = () =>
    createHttpSource(settings, {
      clock: { now: () => Date.UTC(2026, 10, 20, 8), sleep: async () => undefined },
      logger: log.logger,
      inbox: store.inbox.of('hook', { maxBytes: settings.inboxBytes, repeatWindowMs: REPEAT_WINDOW_MS }),
    });
  return { open, log, store };
}

describeSourceContract({
  name: 'HTTP',
  ends: false,
  replays: true,
  listens: true,
  textOf: (body) => (JSON.parse(body) as { text: string }).text,
  input: async () => {
    const { open, log, store } = receiver();
    let at: Promise<Address> | undefined;
    return {
      async write(texts) {
        const { host, port } = await (at ??= log.address());
        for (const text of texts) {
          const answer = await fetch(`http://${host}:${port}/`, { method: 'POST', body: JSON.stringify({ text }) });
          expect(answer.status).toBe(200);
        }
      },
      open: () => {
        at = undefined;
        return open();
      },
      close: async () => store.close(),
    };
  },
});

describe('the HTTP receiver', () => {
  const call = async (more: object, requests: (url: string) => Promise<readonly number[]>) => {
    const { open, log, store } = receiver(more);
    const source = open();
    const stop = new AbortController();
    const records: RawRecord[] = [];
    const reading = (async () => {
      for await (const batch of source.batches(new Map(), stop.signal)) records.push(...batch.records);
    })();
    const { host, port } = await log.address();
    const statuses = await requests(`http://${host}:${port}`);
    stop.abort();
    await reading;
    await source.close();
    const inbox = store.inbox.of('hook', { maxBytes: 1, repeatWindowMs: 1 });
    const taken = [...records, ...inbox.read(BigInt(records.length), 100)].map(({ bytes }) => Buffer.from(bytes ?? []).toString());
    store.close();
    return { statuses, taken };
  };
  const post = async (url: string, body: string, headers: Record<string, string> = {}) =>
    (await fetch(url, { method: 'POST', body, headers })).status;

  test('takes what is posted to its path once, and says of everything else why it was not taken', async () => {
    const { statuses, taken } = await call({ path: '/alerts', maxBodyBytes: 1024, token: new Secret('planted-token') }, async (url) => {
      const auth = { authorization: 'Bearer planted-token' };
      return [
        await post(`${url}/alerts`, '{"a":1}', auth),
        await post(`${url}/alerts`, '{"a":1}', auth),
        await post(`${url}/alerts`, '{"a":2}', auth),
        await post(`${url}/alerts`, '{"a":3}'),
        await post(`${url}/alerts`, '{"a":4}', { authorization: 'Bearer other' }),
        await post(`${url}/alerts`, `{"a":"${'x'.repeat(2000)}"}`, auth),
        await post(`${url}/alerts`, '{"a":', auth),
        await post(`${url}/alerts`, '', auth),
        await post(`${url}/other`, '{"a":5}', auth),
        (await fetch(`${url}/alerts`)).status,
      ];
    });
    expect(statuses).toEqual([200, 200, 200, 401, 401, 413, 400, 400, 404, 405]);
    expect(taken).toEqual(['{"a":1}', '{"a":2}']);
  });

  test('a webhook body of Alertmanager is one event for each of its alerts', () => {
    const alert = (name: string) => ({
      status: 'firing',
      labels: { alertname: name },
      annotations: {},
      startsAt: '2026-11-20T08:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
    });
    const body = { version: '4', groupKey: '{}', receiver: 'hook', status: 'firing', alerts: [alert('A'), alert('B')] };
    const record: RawRecord = {
      source: 's',
      partition: 0,
      offset: 0n,
      appendedAt: 0,
      bytes: Buffer.from(JSON.stringify(body)),
      headers: new Map(),
    };
    expect(decode(record, DEFAULT_LIMITS).documents.map(({ formatHint, index }) => [formatHint, index])).toEqual([
      ['alertmanager', 0],
      ['alertmanager', 1],
    ]);
  });

  test('beyond this host it needs TLS and somebody who shows who they are', () => {
    const parsed = sourceSettings.safeParse({ kind: 'http', name: 'hook', listen: '0.0.0.0:8080' });
    expect(parsed.error?.issues.map(({ path }) => path)).toEqual([['listen']]);
  });
});
