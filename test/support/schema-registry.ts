import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type FakeRegistry = {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** Status of every answer while it is set. */
  failWith: number | undefined;
  close(): Promise<void>;
};

/** A small schema registry behind the API of the real one: schemas by number, and by subject and version. */
export async function startRegistry(
  byId: Readonly<Record<number, object>>,
  bySubject: Readonly<Record<string, object>> = {},
  authorization?: string,
): Promise<FakeRegistry> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    asked.push(path);
    const answer = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
    if (registry.failWith !== undefined) return answer(registry.failWith, { error_code: registry.failWith, message: 'failing' });
    if (authorization !== undefined && request.headers.authorization !== authorization)
      return answer(401, { error_code: 401, message: 'who are you' });
    const id = /^\/schemas\/ids\/(\d+)$/.exec(path)?.[1];
    const subject = /^\/subjects\/(.+\/versions\/\d+)$/.exec(path)?.[1];
    const found = id === undefined ? bySubject[(subject ?? '').replace('/versions/', '/')] : byId[Number(id)];
    return found === undefined ? answer(404, { error_code: 40403, message: 'Schema not found' }) : answer(200, found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const registry: FakeRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    failWith: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return registry;
}
