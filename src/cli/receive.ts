import { WardlineError } from '../shared/errors.ts';
import { printable } from '../shared/table.ts';
import { startReceiver } from '../sink/webhook/receiver.ts';
import { outputOption, type Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

export type ReceiveFlags = {
  readonly host: string;
  readonly port: string;
  readonly secretEnv: string;
  readonly answer: string;
  readonly output: 'table' | 'json';
};

/** `wardline receive`: a receiver that checks every signature and prints every call, until a signal comes. */
export async function receive(flags: ReceiveFlags, io: Io): Promise<number> {
  const secret = io.environment[flags.secretEnv];
  if (secret === undefined)
    throw new WardlineError('usage', `the environment variable ${flags.secretEnv} is not set; put the signing key there`);
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new WardlineError('usage', `--port takes 0 to 65535, not ${flags.port}`);
  const answer = Number(flags.answer);
  if (!Number.isInteger(answer) || answer < 200 || answer > 599)
    throw new WardlineError('usage', `--answer takes 200 to 599, not ${flags.answer}`);
  let refused = 0;
  const receiver = await startReceiver({
    host: flags.host,
    port,
    secret,
    now: io.clock.now,
    answer,
    onCall(call) {
      if (call.verdict === 'refused') refused++;
      const { id, verdict, reason, body } = call;
      if (flags.output === 'json') io.out(`${JSON.stringify({ id, verdict, reason, body })}\n`);
      else io.out(`${verdict}  ${printable(id)}  ${printable(reason ?? titleOf(body))}\n`);
    },
  });
  io.err(`receiving at ${receiver.url}; stop with Ctrl-C\n`);
  await new Promise<void>((resolve) => io.stop.addEventListener('abort', () => resolve(), { once: true }));
  await receiver.close();
  return refused > 0 ? EXIT.findings : EXIT.ok;
}

function titleOf(body: string): string {
  try {
    const { type, data } = JSON.parse(body) as { type?: string; data?: { reason?: string; title?: string } };
    return `${type ?? ''} ${data?.reason ?? data?.title ?? ''}`.trim();
  } catch {
    return `${body.length} characters`;
  }
}

export const registerReceive: Register = (program, { io, done }) => {
  program
    .command('receive')
    .description('a webhook receiver for tests: checks signatures, prints calls')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--port <n>', 'port, 0 for a free one', '9000')
    .option('--secret-env <name>', 'environment variable with the signing key', 'WARDLINE_WEBHOOK_SECRET')
    .option('--answer <status>', 'answer genuine calls so, to see how retries behave', '204')
    .addOption(outputOption())
    .action(async (flags: ReceiveFlags) => done(await receive(flags, io)));
};
