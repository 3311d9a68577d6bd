import { runEngine } from './app.ts';
import { EXIT, exitCodeOf } from './cli/exit-codes.ts';
import { createProgram } from './cli/program.ts';
import { runDistributed } from './distributed.ts';
import { systemClock } from './shared/clock.ts';
import { printableLines } from './shared/table.ts';

// kafkajs sets one timer of negative length on Node 24; that warning, and no other, says nothing to anybody.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`);
});
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';

// The engine never makes code out of text; a process that could is not started as it should be.
try {
  new Function('return 1')();
  process.stderr.write(
    'wardline: start it as npx wardline, or bin/wardline.js without node before it: that sets the flags it runs under\n',
  );
  process.exit(EXIT.usage);
} catch {
  // As wanted.
}

// A diagnostic report, whoever asks for one, holds neither the environment nor addresses: secrets stand in the one.
Object.assign(process.report, { excludeEnv: true, excludeNetwork: true });

/** Says what ended the process, once; however a command ends after it, its exit code is that of a fault. */
let fault = false;
function faulted(what: string): void {
  if (fault) return;
  fault = true;
  process.on('exit', () => {
    process.exitCode = EXIT.fault;
  });
  process.stderr.write(`wardline: ${printableLines(what)}\n`);
}

// Nothing is to come here; what does is a mistake of the program, and its stack is what a report of it needs.
process.on('uncaughtException', (error) => {
  faulted(`a fault of wardline itself, please report it: ${error.stack ?? String(error)}`);
  process.exit(EXIT.fault);
});

const stop = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (++signals > 1) process.exit(EXIT.interrupted);
    stop.abort(signal);
  });
}

// A reader that has seen enough, as `head` has, or a terminal that is gone is no fault: what is in hand is finished, unseen.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') faulted(`the output cannot be written: ${error.message}`);
    stop.abort();
  });

const io = {
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
  environment: process.env,
  clock: systemClock,
  interactive: process.stderr.isTTY === true,
  onHangup: (listener: () => void) => void process.on('SIGHUP', listener),
  stop: stop.signal,
};

try {
  await createProgram(
    io,
    (options) => (options.settings.transport === undefined ? runEngine : runDistributed)(options),
    (code) => {
      process.exitCode = code;
    },
  ).parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error, io.err);
}
