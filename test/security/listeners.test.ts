import { createConnection } from 'node:net';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { problemText } from '../../src/rule/problem.ts';
import { anAdmin } from '../support/admin.ts';

const problems = (text: string) =>
  parseSettings({ path: 'w.yaml', text }, { K: 'x', T: 't'.repeat(32) })
    .problems.map(problemText)
    .join('\n');
const source = 'sources: [{kind: stdin, name: s}]\n';

describe('S57: listeners', () => {
  test.each(['otlp-http', 'syslog', 'snmp', 'http'])('%s stays on this host unless it is protected', (kind) => {
    const path = kind === 'http' ? ', path: /hook' : kind === 'snmp' ? ', communities: ["${env:K}"]' : '';
    expect(problems(`sources: [{kind: ${kind}, name: s${path}}]\n`)).not.toContain('reached from other hosts');
    expect(problems(`sources: [{kind: ${kind}, name: s${path}, listen: "0.0.0.0:0"}]\n`)).toContain('other hosts');
  });

  test('so does the admin port: another address needs TLS', () => {
    expect(problems(`${source}admin: {}\n`)).toBe('');
    expect(problems(`${source}admin: {listen: "0.0.0.0:9464"}\n`)).toContain('can be reached from other hosts');
    expect(problems(`${source}admin: {listen: "0.0.0.0:9464", tls: {cert: PEM, key: "\${env:K}"}}\n`)).toBe('');
  });
});

describe('S60: limits of a request', () => {
  const raw = (port: number, text: string): Promise<string> =>
    new Promise((done) => {
      let said = '';
      const socket = createConnection(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        said += chunk.toString();
      });
      socket.on('close', () => done(said));
      socket.on('error', () => done(said));
    });

  test('headers that are too long, lines that are none, and a second request smuggled behind a length', async () => {
    const admin = await anAdmin();
    const { port } = admin;
    expect(await raw(port, `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toContain(' 431 ');
    expect(await raw(port, 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\nConnection: close\r\n\r\n')).toContain(' 400 ');
    expect(
      await raw(
        port,
        'POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
      ),
    ).toContain(' 400 ');
    expect(await raw(port, 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n')).toContain(' 400 ');
    expect(await raw(port, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toContain(' 431 ');
    expect((await admin.ask('/livez')).status).toBe(200);
    await admin.close();
  });
});
