import { afterEach, describe, expect, test } from 'vitest';
import { sinkFindings } from '../../src/cli/doctor/remote.ts';
import { elasticsearchSinkSettings } from '../../src/sink/settings.ts';
import { type HttpCall, type SmallHttp, smallHttp } from '../support/small-http.ts';

let server: SmallHttp | undefined;
afterEach(async () => server?.close());

/** A server that answers what it is asked about privileges in this way. */
async function doctorOf(status: number, may: (privilege: string) => boolean, now = Date.now) {
  const asked: { path: string; body: string; key: string | undefined }[] = [];
  server = await smallHttp(({ request, body }: HttpCall, response) => {
    asked.push({ path: request.url ?? '', body, key: request.headers.authorization });
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.setHeader('content-type', 'application/vnd.elasticsearch+json;compatible-with=8');
    if (!(request.url ?? '').includes('_has_privileges')) return void response.end('{}');
    response.statusCode = status;
    const { cluster = [], index = [] } = JSON.parse(body || '{}') as {
      cluster?: string[];
      index?: { names: string[]; privileges: string[] }[];
    };
    const answers = (names: string[]) => Object.fromEntries(names.map((name) => [name, may(name)]));
    response.end(
      JSON.stringify({
        cluster: answers(cluster),
        index: Object.fromEntries(index.map(({ names, privileges }) => [names[0], answers(privileges)])),
      }),
    );
  });
  const sink = elasticsearchSinkSettings.parse({ kind: 'elasticsearch', name: 'es', node: server.url, insecure: true, namespace: 'soc' });
  return { findings: await sinkFindings(sink, now), asked };
}

describe('doctor asks what the user of an Elasticsearch sink may do', () => {
  test('and names what is lacking', async () => {
    const { findings, asked } = await doctorOf(200, (name) => name !== 'create_doc' && name !== 'manage_ilm');
    expect(findings).toContainEqual({
      check: 'sink es',
      status: 'fail',
      detail: 'its user lacks manage_ilm (cluster), create_doc on wardline-alerts-soc-*',
      hint: expect.stringContaining('role'),
    });
    expect(asked.some(({ path }) => path === '/_security/user/_has_privileges')).toBe(true);
  });

  test('and is content where all are there, or nobody is asked who they are', async () => {
    expect((await doctorOf(200, () => true)).findings).toContainEqual({
      check: 'sink es',
      status: 'ok',
      detail: 'its user has the privileges that the sink needs',
    });
    await server?.close();
    expect((await doctorOf(405, () => true)).findings).toContainEqual({
      check: 'sink es',
      status: 'ok',
      detail: 'the server asks nobody for privileges',
    });
  });

  test('and says where it cannot be known', async () => {
    expect((await doctorOf(503, () => true)).findings).toContainEqual(
      expect.objectContaining({ status: 'warn', detail: expect.stringContaining('are not known') }),
    );
  });

  test('and says whose clock is behind', async () => {
    const clock = async (ahead: number) =>
      (
        await doctorOf(
          200,
          () => true,
          () => Date.now() + ahead,
        )
      ).findings.find(({ check }) => check === 'clock')?.detail;
    expect(await clock(600_000)).toMatch(/ is (?:599|60\d) s behind this host$/);
    await server?.close();
    expect(await clock(-600_000)).toMatch(/ is (?:599|60\d) s ahead of this host$/);
  });
});
