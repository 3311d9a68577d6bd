import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real server running as a child of this process. */
export type Server = {
  readonly name: string;
  /** host:port, or a URL where the protocol is HTTP. */
  readonly url: string;
  readonly pid: number;
  /** The file its output goes to. */
  readonly logs: string;
  /** SIGTERM, then SIGKILL if it does not go. */
  stop(): Promise<void>;
  /** SIGKILL, for tests of faults. */
  kill(): void;
};

export type StartOptions = { readonly dir: string; readonly port?: number };

/** Downloads stay here, so that a second start is at once; git ignores it. */
export const CACHE = resolve(import.meta.dirname, '../../.cache/servers');

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => done(port));
    });
  });
}

/** Runs a command to its end; throws with what it printed. */
export async function execute(command: string, args: readonly string[], options: { readonly cwd?: string } = {}): Promise<void> {
  const child = spawn(command, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', (error) => fail(new Error(`${command} cannot be started: ${error.message}`)));
    child.once('exit', done);
  });
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${code}: ${output.slice(-2000)}`);
}

export type Launch = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly dir: string;
  readonly url: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** Resolves true when the server answers a real request. */
  readonly ready: () => Promise<boolean>;
  readonly timeoutMs?: number;
};

/** Starts a server and waits until it answers; it dies with this process. */
export async function launch({ name, command, args, dir, url, env, uid, ready, timeoutMs = 90_000 }: Launch): Promise<Server> {
  mkdirSync(dir, { recursive: true });
  const logs = join(dir, `${name}.log`);
  const log = createWriteStream(logs, { flags: 'a' });
  const child = spawn(command, args, {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', onExit);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(killer);
  };
  await untilReady(child, ready, timeoutMs, `${name} did not answer; see ${logs}`).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await ended;
    throw error;
  });
  return { name, url, pid: child.pid ?? 0, logs, stop, kill: () => void child.kill('SIGKILL') };
}

async function untilReady(child: ChildProcess, ready: () => Promise<boolean>, timeoutMs: number, message: string): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await ready().catch(() => false)) return;
    await sleep(200);
  }
  throw new Error(message);
}
