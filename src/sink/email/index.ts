import { createTransport } from 'nodemailer';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { factsOf, shown } from '../facts.ts';
import { plainLines } from '../plain-lines.ts';
import type { AlertDocument, Delivery, Sink } from '../sink.ts';
import { untilAborted } from '../until-aborted.ts';
import { isWanted } from '../updates.ts';
import type { EmailSinkSettings } from './settings.ts';

const TIMEOUT_MS = 15_000;

/**
 * Alerts as plain-text messages over SMTP. Message-ID is made of the id of the step, so a mailbox that sees a repeated
 * one can drop it; steps of an alert refer to its first message and are shown as one thread.
 */
export function createEmailSink(settings: EmailSinkSettings): Sink {
  const { name, host, port, tls, ca, username, password } = settings;
  if (tls === 'none' && !settings.insecure)
    throw new WardlineError('settings', `sink ${name}: tls: none sends alerts as they are; set insecure: true`);
  if ((username === undefined) !== (password === undefined))
    throw new WardlineError('settings', `sink ${name}: username and password go together`);
  if (password !== undefined && tls === 'none') throw new WardlineError('settings', `sink ${name}: a password is not sent without TLS`);
  const open = () =>
    createTransport({
      host,
      port,
      // One connection for many messages; one that was closed in between is opened again.
      pool: true,
      maxConnections: 1,
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      ...(ca === undefined ? {} : { tls: { ca } }),
      ...(username === undefined || password === undefined ? {} : { auth: { user: username, pass: password.reveal() } }),
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      // A message is text alone: nothing in an alert may name a file or an address to be read into it.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  let transport = open();

  const deliver = async (alert: AlertDocument, signal: AbortSignal): Promise<Delivery> => {
    const { id } = alert;
    if (!isWanted(settings.updates, alert)) return { id, outcome: 'skipped' };
    try {
      const { rejected } = await untilAborted(name, signal, () => transport.sendMail(messageFor(alert, settings)));
      // Some of several recipients: sent again, it would reach the others twice; the server has told its sender.
      return rejected.length === settings.to.length
        ? { id, outcome: 'rejected', reason: 'every recipient was refused' }
        : { id, outcome: 'stored' };
    } catch (error) {
      if (signal.aborted) {
        // The message under way blocks its connection; the next one gets another.
        transport.close();
        transport = open();
        throw error;
      }
      return failureOf(id, error);
    }
  };

  return {
    name,
    pace: { batch: 1, inFlight: 1 },
    async write(alerts, signal) {
      const outcomes: Delivery[] = [];
      for (const alert of alerts) outcomes.push(await deliver(alert, signal));
      return outcomes;
    },
    async close() {
      transport.close();
    },
  };
}

function messageFor(alert: AlertDocument, { from, to }: EmailSinkSettings) {
  const facts = factsOf(alert);
  const idOf = (text: string): string => `<${text.replace(/[^A-Za-z0-9._-]/g, '_')}@wardline>`;
  return {
    from,
    to: [...to],
    subject: `[${facts.open ? facts.level : 'closed'}] ${shown(facts.title, 150)}`,
    text: plainLines(alert).join('\n'),
    messageId: idOf(facts.id),
    ...(facts.id === facts.alert ? {} : { inReplyTo: idOf(facts.alert), references: [idOf(facts.alert)] }),
    headers: { 'X-Wardline-Alert': idOf(facts.alert).slice(1, -10), 'Auto-Submitted': 'auto-generated' },
  };
}

/** SMTP: 4yz may pass, 5yz will not; what happens before there is a message concerns the server and not the alert. */
function failureOf(id: string, error: unknown): Delivery {
  const { code, responseCode, command } = error as { code?: unknown; responseCode?: unknown; command?: unknown };
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  const reason = status === undefined ? (typeof code === 'string' ? code : messageOf(error).slice(0, 60)) : `SMTP ${status}`;
  const aboutAlert = command === 'DATA' || command === 'RCPT TO' || command === 'MAIL FROM';
  if (status !== undefined && status >= 500 && aboutAlert) return { id, outcome: 'rejected', reason };
  return { id, outcome: 'retry', reason, ...(code === 'EAUTH' || code === 'ETLS' ? { concerns: 'receiver' as const } : {}) };
}
