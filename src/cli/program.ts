import { Command, Option } from 'commander';
import type { ActionKind } from '../alert/actions.ts';
import { SCHEMA_KINDS, schemaText } from '../config/schemas.ts';
import type { RunEngine } from '../pipeline/run-options.ts';
import { WardlineError } from '../shared/errors.ts';
import { VERSION } from '../shared/version.ts';
import { DELIVERY_STATES } from '../store/outbox.ts';
import { type ActionFlags, actOnAlert } from './alert-actions.ts';
import { type ListFlags, listAlerts, type StoreFlags, showAlert } from './alerts.ts';
import { type CheckFlags, check } from './check.ts';
import { listPacks } from './control-packs.ts';
import { listDeadLetters } from './dead-letters.ts';
import { type DeliverListFlags, type DeliverReplayFlags, deliverEnable, deliverList, deliverReplay, deliverStatus } from './deliver.ts';
import { demo } from './demo.ts';
import { type ExportFlags, evidenceExport, evidenceKeygen, evidenceVerify, type KeygenFlags, type VerifyFlags } from './evidence.ts';
import type { Io } from './io.ts';
import { type ParseFlags, parse } from './parse.ts';
import { type ExplainFlags, policyExplain } from './policy/explain.ts';
import { type LearnFlags, policyLearn } from './policy/learn.ts';
import { policyReplay, type ReplayFlags } from './policy/replay.ts';
import { type ReceiveFlags, receive } from './receive.ts';
import { type ReportFlags, reportCompliance } from './report.ts';
import { type ReportRunFlags, reportRun } from './report-run.ts';
import { type RunFlags, run } from './run.ts';

/** Every command with its flags. `done` gets the exit code. */
export function createProgram(io: Io, runEngine: RunEngine, done: (code: number) => void): Command {
  const program = new Command('wardline')
    .description('Reads security logs and traces, decides by rules, alerts, and keeps evidence of what it saw.')
    .version(VERSION)
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)');
  const config = (): Option => new Option('-c, --config <file>', 'settings').env('WARDLINE_CONFIG').default('wardline.yaml');
  const store = (): Option => new Option('--store <file>', 'the store of a run').default('wardline.db');
  const output = (): Option => new Option('-o, --output <form>', 'form of the output').choices(['table', 'json']).default('table');

  program
    .command('run')
    .description('run the engine over the sources of the settings')
    .addOption(config())
    .option('--once', 'stop at the end of the inputs')
    .option('--skip-broken-rules', 'run without the rules that have errors')
    .option('--fail-on <level>', 'exit 1 if an alert of this level or above was opened')
    .addOption(output())
    .action(async (flags: RunFlags) => done(await run(flags, io, runEngine)));
  program
    .command('demo')
    .description('run the shipped rules over the shipped samples: real alerts in a few seconds, no server needed')
    .option('--out <folder>', 'where the store is written', 'wardline-out')
    .action(async (flags: { out: string }) => done(await demo(flags, io, runEngine)));
  program
    .command('check')
    .argument('[path...]', 'rule files and folders (default: rules)')
    .description('check rules: every problem of every file, with line and column')
    .option('-c, --config <file>', 'settings: placeholders, and sources that rules need')
    .option('--strict', 'warnings fail as well')
    .addOption(output())
    .action((paths: string[], flags: CheckFlags) => done(check(paths, flags, io)));

  program
    .command('parse')
    .argument('<file>', 'a log file; .gz and .zst are unpacked')
    .description('show what each line becomes: format, log sources, ECS fields, matching rules')
    .option('--format <name>', 'take this format instead of recognising one')
    .option('--timezone <zone>', 'zone of local times without one')
    .option('--rules <path...>', 'show which of these rules match')
    .option('--limit <n>', 'how many lines', '20')
    .addOption(output())
    .action(async (file: string, flags: ParseFlags) => done(await parse(file, flags, io)));

  const alerts = program.command('alerts').description('alerts of a store');
  alerts
    .command('list', { isDefault: true })
    .description('the newest alerts')
    .addOption(store())
    .option('--limit <n>', 'how many', '50')
    .option('--status <status>', 'only those that go on (open, acknowledged) or are over (closed)')
    .option('--workflow <state>', 'only those nobody took up (new), acknowledged or closed by somebody')
    .option('--level <level>', 'only this level and above')
    .addOption(output())
    .action((flags: ListFlags) => done(listAlerts(flags, io)));
  alerts
    .command('show')
    .argument('<id>', 'the start of an id')
    .description('one alert: why, evidence, history; as JSON every document of it')
    .addOption(store())
    .addOption(output())
    .action((id: string, flags: StoreFlags) => done(showAlert(id, flags, io)));
  const action = (name: string, argument: string, description: string): Command =>
    alerts
      .command(`${name} <id>${argument}`)
      .description(description)
      .addOption(store())
      .option('--by <name>', 'who acts (default: WARDLINE_ACTOR, else the user of the system)');
  const act = (kind: ActionKind, id: string, flags: ActionFlags): void => done(actOnAlert(kind, id, flags, io));
  action('ack', '', 'say that somebody works on an alert')
    .option('--comment <text>', 'kept with the action')
    .action((id: string, flags: ActionFlags) => act('acknowledge', id, flags));
  action('disposition', ' <value>', 'judge an alert: true_positive, false_positive or benign')
    .option('--comment <text>', 'kept with the action')
    .action((id: string, disposition: string, flags: ActionFlags) => act('disposition', id, { ...flags, disposition }));
  action('comment', ' <text>', 'add a comment to an alert').action((id: string, comment: string, flags: ActionFlags) =>
    act('comment', id, { ...flags, comment }),
  );
  action('close', '', 'close an alert; while its rule still holds a new one opens (alerts.onClose)')
    .option('--disposition <value>', 'judge it as well')
    .option('--comment <text>', 'kept with the action')
    .action((id: string, flags: ActionFlags) => act('close', id, flags));
  program
    .command('dead-letters')
    .description('records that could not be read, with reason and place')
    .addOption(store())
    .addOption(output())
    .action((flags: StoreFlags) => done(listDeadLetters(flags, io)));

  const deliver = program.command('deliver').description('deliveries to receivers: what waits, what failed, what is sent again');
  deliver
    .command('status', { isDefault: true })
    .description('every receiver: state, waiting, delivered and dead deliveries')
    .addOption(store())
    .addOption(output())
    .action((flags: StoreFlags) => done(deliverStatus(flags, io)));
  deliver
    .command('list')
    .argument('[receiver]', 'only of this one')
    .description('deliveries of one state, newest first, with the reason of the last failure')
    .addOption(store())
    .addOption(new Option('--state <state>', 'which').choices(DELIVERY_STATES).default('dead'))
    .option('--limit <n>', 'how many', '50')
    .addOption(output())
    .action((receiver: string | undefined, flags: DeliverListFlags) => done(deliverList(receiver, flags, io)));
  deliver
    .command('replay')
    .argument('<receiver>', 'who gets them again')
    .description('send alerts again under the same ids; several conditions narrow the choice')
    .addOption(store())
    .option('--dead', 'those that were given up or refused')
    .option('--id <id...>', 'alerts whose id begins so')
    .option('--from <time>', 'alerts from this event time')
    .option('--to <time>', 'alerts before this event time')
    .addOption(output())
    .action((receiver: string, flags: DeliverReplayFlags) => done(deliverReplay(receiver, flags, io)));
  deliver
    .command('enable')
    .argument('<receiver>', 'one that is disabled or left alone')
    .description('call a receiver again')
    .addOption(store())
    .addOption(output())
    .action((receiver: string, flags: StoreFlags) => done(deliverEnable(receiver, flags, io)));
  const policy = program.command('policy').description('zero-trust policies over recorded accesses');
  const rules = (): Option => new Option('-r, --rules <path...>', 'policies and context stores').default(['rules']);
  const read = (command: Command): Command =>
    command.option('--format <name>', 'log format (default: recognised)').option('--timezone <zone>', 'zone of local times');
  read(
    policy
      .command('explain')
      .argument('<file>', 'recorded accesses')
      .description('which rule decided an access, and what would have changed it'),
  )
    .addOption(rules())
    .option('--at <n>', 'the nth event alone')
    .option('--limit <n>', 'how many accesses', '20')
    .addOption(output())
    .action(async (file: string, flags: ExplainFlags) => done(await policyExplain(file, flags, io)));
  read(
    policy
      .command('replay')
      .argument('<file...>', 'recorded accesses')
      .description('what the policies say of recorded accesses, counted by policy'),
  )
    .addOption(rules())
    .option('--compare <path...>', 'another version of the policies: what it would change')
    .addOption(output())
    .action(async (files: string[], flags: ReplayFlags) => done(await policyReplay(files, flags, io)));
  read(
    policy
      .command('learn')
      .argument('<file...>', 'recorded accesses')
      .description('propose policies from observed accesses, as a file to review'),
  )
    .option('-r, --rules <path...>', 'context stores (identities, zones, devices) to generalise by')
    .option('--service <name...>', 'these services alone')
    .option('--min-days <n>', 'leave out what was seen on fewer days', '3')
    .option('--min-accesses <n>', 'leave out what was seen less often', '3')
    .option('--exclude <file>', 'subjects not to learn from, one a line')
    .option('--out <file>', 'write to a file instead of standard output')
    .action(async (files: string[], flags: LearnFlags) => done(await policyLearn(files, flags, io)));

  const report = program.command('report').description('reports from the evidence ledger');
  report
    .command('compliance')
    .description('controls of one pack: satisfied, not satisfied, degraded or not assessed, with reasons')
    .addOption(store())
    .option('--pack <file>', 'control pack: a file, or the name of a shipped one (wardline report packs)', 'nist-800-53-core')
    .option('--profile <file>', 'organization, system, source bindings, parameter values')
    .option('--as <forms>', 'html, json, csv, pdf, prometheus, oscal-ap, oscal-ar, oscal-poam; several with commas', 'json')
    .option('--out <name>', 'write to a file instead of standard output')
    .option('--from <time>', 'start of the period (event time)')
    .option('--to <time>', 'end of the period')
    .option('--as-of <time>', 'when evidence must not be expired')
    .option('--fail-on <status>', 'exit 1 if an objective is not-satisfied, not-assessed or degraded, or worse')
    .option('--push <url>', 'send the figures to this Prometheus Pushgateway')
    .action(async (flags: ReportFlags) => done(await reportCompliance(flags, io)));
  report
    .command('run')
    .description('make the reports of the settings whose period has ended; each period once, for use from cron')
    .addOption(config())
    .option('--only <name>', 'this report alone')
    .action(async (flags: ReportRunFlags) => done(await reportRun(flags, io)));
  report
    .command('packs')
    .description('the control packs that come with Wardline')
    .addOption(output())
    .action((flags: { output: 'table' | 'json' }) => done(listPacks(flags, io)));
  const evidence = program.command('evidence').description('sealed evidence that anyone can check offline');
  evidence
    .command('keygen')
    .description('make an Ed25519 key pair')
    .option('--out <name>', 'written to NAME.key and NAME.pub', 'wardline-evidence')
    .action((flags: KeygenFlags) => done(evidenceKeygen(flags, io)));
  evidence
    .command('export')
    .description('ledger, reports and proofs in one signed file')
    .addOption(store())
    .requiredOption('--key <file>', 'private key, PEM')
    .option('--out <file>', 'the bundle', 'bundle.tar')
    .option('--pack <file>', 'control pack: a file, or the name of a shipped one (wardline report packs)', 'nist-800-53-core')
    .option('--profile <file>', 'organization, system, source bindings, parameter values')
    .option('--tenant <name>', 'who signs', 'default')
    .option('--from <time>', 'start of the period (event time)')
    .option('--to <time>', 'end of the period')
    .action((flags: ExportFlags) => done(evidenceExport(flags, io)));
  evidence
    .command('verify')
    .argument('<bundle>', 'the file to check')
    .description('check a bundle offline: 0 verified, 1 invalid, 4 incomplete, 5 key not trusted')
    .requiredOption('--key <file...>', 'trusted public keys, PEM')
    .option('--anchor <file>', 'an older signed head from elsewhere')
    .action((bundle: string, flags: VerifyFlags) => done(evidenceVerify(bundle, flags, io)));
  program
    .command('receive')
    .description('a webhook receiver for tests: checks signatures, prints calls')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--port <n>', 'port, 0 for a free one', '9000')
    .option('--secret-env <name>', 'environment variable with the signing key', 'WARDLINE_WEBHOOK_SECRET')
    .addOption(output())
    .action(async (flags: ReceiveFlags) => done(await receive(flags, io)));
  program
    .command('schema')
    .argument('<kind>', `one of ${SCHEMA_KINDS.join(', ')}`)
    .description('print the JSON Schema of a kind of file, for editors')
    .action((kind: string) => {
      const known = SCHEMA_KINDS.find((one) => one === kind);
      if (known === undefined) throw new WardlineError('usage', `no kind "${kind}"; write one of ${SCHEMA_KINDS.join(', ')}`);
      io.out(schemaText(known));
      done(0);
    });
  return program;
}
