import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { createEmailSink } from '../../src/sink/email/index.ts';
import { emailSinkSettings } from '../../src/sink/email/settings.ts';
import { describeSinkContract, type SinkHarness, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { makeCertificates } from '../support/certificates.ts';
import { HOSTILE } from '../support/hostile.ts';
import { createPeer } from '../support/peer.ts';
import { leaks, PLANTED } from '../support/planted.ts';

const made = makeCertificates();
const certificates = typeof made === 'string' ? undefined : made;
const live = new AbortController().signal;

type Mail = { readonly headers: ReadonlyMap<string, string>; readonly text: string; readonly recipients: readonly string[] };

/** An independent reading of a message: unfolded headers, a body in one of the three encodings of MIME. */
function read(raw: string): Omit<Mail, 'recipients'> {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const body = raw.slice(end + 4);
  const encoding = headers.get('content-transfer-encoding');
  const bytes =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : encoding === 'quoted-printable'
        ? Buffer.from(
            body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
            'latin1',
          )
        : Buffer.from(body, 'latin1');
  return { headers, text: bytes.toString('utf8').replace(/\r\n/g, '\n').trimEnd() };
}

async function postOffice(settings: object, options: { readonly password?: string; readonly tls?: boolean } = {}) {
  const peer = createPeer();
  const mails: Mail[] = [];
  const said = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code });
  const server = new SMTPServer({
    ...(options.tls ? { ...certificates?.server, authMethods: ['PLAIN'] } : { disabledCommands: ['STARTTLS'] }),
    authOptional: options.password === undefined,
    logger: false,
    onAuth: ({ password }, _session, done) => (password === options.password ? done(null, { user: 'u' }) : done(said(535, 'no'))),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const mail = {
          ...read(Buffer.concat(chunks).toString('latin1')),
          recipients: session.envelope.rcptTo.map(({ address }) => address),
        };
        const verdict = peer.verdictOf(mail.headers.get('message-id')?.slice(1, -10) ?? '');
        if (verdict === 'hang') return peer.hang();
        if (verdict === 'later') return done(said(451, 'try later'));
        if (verdict === 'refuse') return done(said(554, 'no'));
        mails.push(mail);
        return done(null);
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.server.address() as AddressInfo;
  const sink = createEmailSink(
    emailSinkSettings.parse({
      kind: 'email',
      name: 'mail',
      host: '127.0.0.1',
      port,
      from: 'wardline@example.org',
      to: ['soc@example.org', 'lead@example.org'],
      ...settings,
    }),
  );
  const close = (): Promise<void> =>
    new Promise((done) => {
      for (const connection of server.connections as Set<{ close(): void }>) connection.close();
      server.close(() => done());
    });
  return { sink, mails, peer, close };
}

const plain = { tls: 'none', insecure: true };

describeSinkContract('e-mail', {
  says: ['later', 'refuse', 'hang'],
  perAlert: true,
  text: 'shown',
  async start(): Promise<SinkHarness> {
    const { sink, mails, peer, close } = await postOffice(plain);
    const taken = async (): Promise<readonly Taken[]> =>
      mails.map(({ headers, text }) => ({
        id: headers.get('message-id')?.slice(1, -10) ?? '',
        message: /^\[high\] (.*)$/m.exec(text)?.[1] ?? text,
      }));
    return { sink, taken, answer: peer.answer, hanging: peer.hanging, close };
  },
});

describe('e-mail', () => {
  test('goes to every recipient, and the steps of an alert are one thread', async () => {
    const { sink, mails, close } = await postOffice(plain);
    await sink.write([anAlert({ id: 'a1' }), anAlert({ id: 'a2', alert: 'a1', stage: 'closed' })], live);
    expect(mails.map(({ recipients }) => recipients)).toEqual([
      ['soc@example.org', 'lead@example.org'],
      ['soc@example.org', 'lead@example.org'],
    ]);
    expect(mails[0]?.headers.get('subject')).toBe('[high] Okta brute force');
    expect(mails[1]?.headers.get('in-reply-to')).toBe('<a1@wardline>');
    expect(mails[1]?.headers.get('auto-submitted')).toBe('auto-generated');
    await sink.close();
    await close();
  });

  test('no value makes a header, a recipient or a line of its own', async () => {
    const { sink, mails, close } = await postOffice(plain);
    await sink.write(
      [
        anAlert({ id: 'p' }),
        ...HOSTILE.map((value, i) => anAlert({ id: `h${i}`, message: value, reason: value, group: { 'user.name': value } })),
      ],
      live,
    );
    const [first, ...others] = mails.map(({ headers, text, recipients }) => [
      [...headers.keys()].sort(),
      text.split('\n').length,
      recipients,
    ]);
    for (const other of others) expect(other).toEqual(first);
    expect(others).toHaveLength(HOSTILE.length);
    await sink.close();
    await close();
  });

  test.skipIf(certificates === undefined)('a password is sent under TLS only, and a wrong one is the receiver’s matter', async () => {
    const login = { tls: 'starttls', ca: certificates?.ca, username: 'u', password: new Secret(PLANTED) };
    const right = await postOffice(login, { password: PLANTED, tls: true });
    expect(await right.sink.write([anAlert()], live)).toMatchObject([{ outcome: 'stored' }]);
    const wrong = await postOffice(login, { password: 'another', tls: true });
    const refused = await wrong.sink.write([anAlert()], live);
    expect(refused).toMatchObject([{ outcome: 'retry', concerns: 'receiver' }]);
    expect(leaks(refused)).toEqual([]);
    const bare = await postOffice(login, { password: PLANTED });
    expect(await bare.sink.write([anAlert()], live)).toMatchObject([{ outcome: 'retry' }]);
    expect(bare.mails).toEqual([]);
    for (const { sink, close } of [right, wrong, bare]) {
      await sink.close();
      await close();
    }
  });

  test.each([
    [{ tls: 'none' }, 'set insecure: true'],
    [{ username: 'u' }, 'username and password go together'],
    [{ ...plain, username: 'u', password: new Secret(PLANTED) }, 'a password is not sent without TLS'],
  ])('%j is refused', (settings, message) => {
    expect(() =>
      createEmailSink(
        emailSinkSettings.parse({ kind: 'email', name: 'mail', host: 'h', from: 'a@example.org', to: ['b@example.org'], ...settings }),
      ),
    ).toThrow(message);
  });
});
