import { existsSync, readFileSync } from 'node:fs';
import { generateKeyFiles, readSigningKey, readVerifyKey } from '../evidence/sign.ts';
import { checkEvidence, exportEvidence } from '../report/evidence-bundle.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { preferLittleMemory } from '../shared/memory.ts';
import { openStore } from '../store/store.ts';
import { type AttestFlags, evidenceAttest } from './attest.ts';
import { type Register, storeOption } from './command.ts';
import { packOf } from './control-packs.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { periodOf } from './report.ts';
import { writeOut } from './write-out.ts';

export type KeygenFlags = { readonly out: string };
export type ExportFlags = {
  readonly store: string;
  readonly key: string;
  readonly out: string;
  readonly pack: string;
  readonly profile?: string;
  readonly tenant: string;
  readonly from?: string;
  readonly to?: string;
};
export type VerifyFlags = { readonly key: readonly string[]; readonly anchor?: string };

/** `wardline evidence keygen`: an Ed25519 key pair; the private half is readable by its owner alone. */
export function evidenceKeygen({ out }: KeygenFlags, io: Io): number {
  const [privatePath, publicPath] = [`${out}.key`, `${out}.pub`];
  for (const path of [privatePath, publicPath])
    if (existsSync(path)) throw new WardlineError('usage', `${path} is there already; keys are not overwritten`);
  const { privatePem, publicPem } = generateKeyFiles();
  writeOut(privatePath, privatePem, 0o600);
  writeOut(publicPath, publicPem);
  io.out(`wrote ${privatePath} (keep it secret) and ${publicPath} (give it to whoever verifies)\n`);
  return EXIT.ok;
}

/** `wardline evidence export`: ledger, reports and proofs in one sealed file. */
export function evidenceExport(flags: ExportFlags, io: Io): number {
  preferLittleMemory();
  const { pack, profile } = packOf(flags, io);
  const store = openStore(flags.store, { readOnly: true });
  try {
    const period = periodOf(flags);
    const bundle = exportEvidence([...store.ledger.entries()], {
      pack,
      report: { period, profile },
      privatePem: usable(flags.key, (pem) => readSigningKey(pem, 'wardline')),
      origin: `wardline/${flags.tenant}`,
    });
    writeOut(flags.out, bundle);
    io.out(`wrote ${flags.out}, ${bundle.length} bytes\n`);
  } finally {
    store.close();
  }
  return EXIT.ok;
}

/** `wardline evidence verify`: offline, without settings or store; 0 verified, 1 invalid, 4 incomplete, 5 key not trusted. */
export function evidenceVerify(bundle: string, { key, anchor }: VerifyFlags, io: Io): number {
  const { exitCode, lines } = checkEvidence(readBytes(bundle), {
    publicPems: key.map((path) => usable(path, (pem) => readVerifyKey(pem, 'trusted'))),
    anchor: anchor === undefined ? undefined : read(anchor),
  });
  for (const line of lines) io.out(`${line}\n`);
  return exitCode;
}

function readBytes(path: string): Buffer {
  if (!existsSync(path)) throw new WardlineError('usage', `there is no file ${path}`);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${messageOf(error)}`);
  }
}

const read = (path: string): string => readBytes(path).toString('utf8');

/** The text of a key file; one that holds no such key is wrong usage, as a file that is not there. */
function usable(path: string, check: (pem: string) => unknown): string {
  const pem = read(path);
  try {
    check(pem);
  } catch (error) {
    throw new WardlineError('usage', `${path}: ${messageOf(error)}`);
  }
  return pem;
}

export const registerEvidence: Register = (program, { io, done }) => {
  const evidence = program.command('evidence').description('sealed evidence that anyone can check offline');
  evidence
    .command('keygen')
    .description('make an Ed25519 key pair')
    .option('--out <name>', 'written to NAME.key and NAME.pub', 'wardline-evidence')
    .action((flags: KeygenFlags) => done(evidenceKeygen(flags, io)));
  evidence
    .command('export')
    .description('ledger, reports and proofs in one signed file')
    .addOption(storeOption())
    .requiredOption('--key <file>', 'private key, PEM')
    .option('--out <file>', 'the bundle', 'bundle.tar')
    .option('--pack <file>', 'control pack: a file, or the name of a shipped one (wardline report packs)', 'nist-800-53-core')
    .option('--profile <file>', 'organization, system, source bindings, parameter values')
    .option('--tenant <name>', 'who signs', 'default')
    .option('--from <time>', 'start of the period (event time)')
    .option('--to <time>', 'end of the period')
    .action((flags: ExportFlags) => done(evidenceExport(flags, io)));
  evidence
    .command('attest')
    .argument('<statement>', 'the statement of a control pack, for example au-6-review')
    .description('state in your name what no log can show; it goes into the ledger')
    .addOption(storeOption())
    .option('--not-met', 'state that it is not met')
    .option('--from <time>', 'when it begins to count (default: now)')
    .option('--for <duration>', 'how long it counts', '7d')
    .option('--by <name>', 'who states it (default: WARDLINE_ACTOR, else the user of the system)')
    .option('--note <text>', 'on what it rests')
    .action((statement: string, flags: AttestFlags) => done(evidenceAttest(statement, flags, io)));
  evidence
    .command('verify')
    .argument('<bundle>', 'the file to check')
    .description('check a bundle offline: 0 verified, 1 invalid, 4 incomplete, 5 key not trusted')
    .requiredOption('--key <file...>', 'trusted public keys, PEM')
    .option('--anchor <file>', 'an older signed head from elsewhere')
    .action((bundle: string, flags: VerifyFlags) => done(evidenceVerify(bundle, flags, io)));
};
