import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { settingsSchema } from '../config/settings.ts';
import type { RunEngine } from '../pipeline/run-options.ts';
import { readRuleFiles } from '../rule/files.ts';
import { loadRules } from '../rule/load.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { makeFolder } from '../shared/folder.ts';
import { Secret } from '../shared/secret.ts';
import { alertTable } from '../sink/alert-row.ts';
import { type ReceivedCall, startReceiver } from '../sink/webhook/receiver.ts';
import { openStore } from '../store/store.ts';
import { createLogger } from '../telemetry/log.ts';
import type { Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { nameIn, summaryText } from './run.ts';

/** `wardline demo`: the shipped rules over the shipped samples, with a receiver of its own; no server, no account. */
export async function demo(flags: { readonly out: string }, io: Io, runEngine: RunEngine): Promise<number> {
  const home = resolve(import.meta.dirname, '../..');
  const out = resolve(flags.out);
  const path = freshStore(out);

  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const calls: ReceivedCall[] = [];
  const receiver = await startReceiver({ host: '127.0.0.1', port: 0, secret, onCall: (call) => calls.push(call), now: io.clock.now });
  const settings = settingsSchema.parse({
    sources: [{ kind: 'file', name: 'samples', path: join(home, 'samples/events') }],
    sinks: [{ kind: 'webhook', name: 'receiver', url: receiver.url, secret: new Secret(secret), insecure: true, allowPrivate: true }],
    incidents: [{ name: 'shared-entities' }],
    state: { path },
    log: { level: 'error' },
  });
  const { ruleset } = loadRules(readRuleFiles([join(home, 'rules')]));
  io.out(`Reading samples/events with ${ruleset.byId.size} rules ...\n\n`);
  const started = io.clock.now();
  try {
    const summary = await runEngine({
      settings,
      ruleset,
      baseDir: home,
      clock: io.clock,
      // What rules could not use stands in the summary; a line of log for each would bury the alerts.
      logger: createLogger('error'),
      write: io.out,
      signal: io.stop,
    });
    const newest = summary.opened
      .map(({ document }) => document)
      .sort((a, b) => (String(a['@timestamp']) < String(b['@timestamp']) ? -1 : 1));
    io.out(`${alertTable(newest)}\n\n${summaryText(summary, io.clock.now() - started, nameIn(ruleset))}\n`);
  } finally {
    await receiver.close();
  }
  const accepted = calls.filter(({ verdict }) => verdict === 'accepted').length;
  const shown = relativeTo(out);
  io.out(`The local webhook receiver took ${accepted} calls and found every signature right.\n\n`);
  io.out(
    [
      `Alerts lie in ${shown}/wardline.db. Next:`,
      `  npx wardline alerts show ID --store ${shown}/wardline.db      one alert with its evidence`,
      `  npx wardline report compliance --store ${shown}/wardline.db --from 2020-10-19 --to 2020-10-24 --as html --out ${shown}/report`,
      '                                                       what was seen, evaluated and alerted in those days',
      '  npx wardline check rules                             check rules you wrote',
      '  npx wardline run --config wardline.yaml              your own logs; see README.md',
      '',
    ].join('\n'),
  );
  return accepted === calls.length ? EXIT.ok : EXIT.findings;
}

/**
 * An empty place for the demo's store. A store of an earlier demo is taken away; any other one is somebody's evidence,
 * and one in use belongs to a running engine: both stay.
 */
function freshStore(out: string): string {
  const path = join(out, 'wardline.db');
  const mark = join(out, '.wardline-demo');
  try {
    makeFolder(out);
    if (existsSync(path)) {
      if (!existsSync(mark)) throw new WardlineError('usage', `${path} is not the store of a demo; choose another folder with --out`);
      openStore(path).close();
    }
    for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(`${path}${suffix}`, { force: true });
    writeFileSync(mark, 'The store beside this file was made by "wardline demo", which may replace it.\n');
  } catch (error) {
    if (error instanceof WardlineError) throw error;
    throw new WardlineError('usage', `cannot write to ${out}: ${messageOf(error)}`, { cause: error });
  }
  return path;
}

function relativeTo(path: string): string {
  const here = `${process.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}

export const registerDemo: Register = (program, { io, runEngine, done }) => {
  program
    .command('demo')
    .description('run the shipped rules over the shipped samples: real alerts in a few seconds, no server needed')
    .option('--out <folder>', 'where the store is written', 'wardline-out')
    .action(async (flags: { out: string }) => done(await demo(flags, io, runEngine)));
};
