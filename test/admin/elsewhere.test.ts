import { describe, expect, test } from 'vitest';
import { createConsole, type Elsewhere } from '../../src/admin/console.ts';
import { elsewhereOf } from '../../src/admin/open.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { createBoard } from '../../src/pipeline/board.ts';
import { WardlineError } from '../../src/shared/errors.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { standingClock } from '../support/a-run.ts';
import { anAlert } from '../support/an-alert.ts';

const settings = settingsSchema.parse({
  sources: [{ kind: 'kafka', name: 'in', brokers: ['b:9092'], topics: ['t'] }],
  sinks: [{ kind: 'elasticsearch', name: 'es', node: 'https://es.example:9200' }],
  transport: { brokers: ['b:9092'], prefix: 'sec' },
  admin: {},
});
const consoleOf = (elsewhere: Elsewhere) => {
  const clock = standingClock(0);
  return createConsole({ board: createBoard(settings, clock), clock, store: undefined, elsewhere, canaries: [], signed: false });
};
/** Alerts in a list, newest first, as a sink would keep them. */
const kept = (documents: readonly JsonObject[]): NonNullable<Elsewhere['kept']> => ({
  name: 'es',
  alerts: {
    standing: async (from, size) => documents.slice(from, from + size),
    transitions: async (id) => documents.filter((one) => JSON.stringify(one).includes(`"id":"${id}"`)),
    close: async () => undefined,
  },
});

describe('alerts that this process does not keep', () => {
  test('are shown from the sink that can be asked, filtered, page by page, each once', async () => {
    const many = Array.from({ length: 130 }, (_, n) => anAlert({ id: `a${n}`, severity: n % 2 === 0 ? 'high' : 'low' }).document);
    const console = consoleOf({ where: 'here', kept: kept(many) });
    type Page = { alerts: { event: { id: string } }[]; next?: number; from: string };
    const seen: string[] = [];
    for (let query: Record<string, string> | undefined = { level: 'high' }; query !== undefined; ) {
      const { alerts, next, from } = (await console.alerts(query)) as Page;
      expect(from).toBe('es');
      seen.push(...alerts.map(({ event }) => event.id));
      query = next === undefined ? undefined : { level: 'high', before: String(next) };
    }
    expect(seen).toEqual(many.filter((_, n) => n % 2 === 0).map(({ event }) => (event as JsonObject)['id']));
    expect(await console.alert('a3')).toMatchObject({ documents: [{}], pending: [], readOnly: expect.stringContaining('here') });
    await expect(console.alert('nobody')).rejects.toMatchObject({ status: 404 });
    expect(() => console.act('a3', { kind: 'acknowledge' }, 'me', '::1')).toThrow('at a process with the role operate');
  });

  test('a sink that does not answer is said so', async () => {
    const fails = async () => {
      throw new WardlineError('sink', 'Elasticsearch at es.example:9200: alerts cannot be read');
    };
    const console = consoleOf({
      where: 'here',
      kept: { name: 'es', alerts: { standing: fails, transitions: fails, close: async () => undefined } },
    });
    await expect(console.alerts({})).rejects.toMatchObject({ status: 503, message: expect.stringContaining('cannot be read') });
  });

  test('without such a sink it is said where they are', async () => {
    const { where, kept: found } = elsewhereOf(settings);
    expect({ where, name: found?.name }).toEqual({ where: 'the topic sec.alerts, es (elasticsearch)', name: 'es' });
    await found?.alerts.close();
    const none = elsewhereOf({ ...settings, sinks: [] });
    expect(none).toEqual({ where: 'the topic sec.alerts', kept: undefined });
    expect(await consoleOf(none).alerts({})).toEqual({ form: 'distributed', where: 'the topic sec.alerts' });
  });
});
