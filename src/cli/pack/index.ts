import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { MANIFEST_NAME, signPack } from '../../rule/pack.ts';
import { packFilesOf, verifyFolder } from '../../rule/pack-folder.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import type { Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

function keyText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new WardlineError('usage', `cannot read the key ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function requireFolder(path: string): void {
  const about = statSync(path, { throwIfNoEntry: false });
  if (about === undefined) throw new WardlineError('usage', `there is no folder ${path}`);
  if (!about.isDirectory()) throw new WardlineError('usage', `${path} is no folder; a pack is one`);
}

export const registerPack: Register = (program, { io, done }) => {
  const pack = program.command('pack').description('signed folders of rules: an engine with their key refuses what was not signed');
  pack
    .command('sign')
    .argument('<folder>', 'rules, cases, whatever lies in it')
    .description(`write ${MANIFEST_NAME}: a digest of every file, signed with Ed25519`)
    .requiredOption('--key <file>', 'the private key, PEM (wardline evidence keygen makes one)')
    .option('--name <name>', 'name of the pack (default: of the folder)')
    .action((folder: string, flags: { key: string; name?: string }) => {
      requireFolder(folder);
      const files = packFilesOf(folder);
      const manifest = signPack(flags.name ?? basename(resolve(folder)), files, keyText(flags.key));
      writeFileSync(join(folder, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
      io.out(`signed ${files.size} files of ${folder}\n`);
      done(EXIT.ok);
    });
  pack
    .command('verify')
    .argument('<folder>', 'a signed folder')
    .description('check that every file is what was signed, and that no other is there; else exit 1')
    .requiredOption('--key <file>', 'the public key, PEM')
    .action((folder: string, flags: { key: string }) => {
      requireFolder(folder);
      const wrong = verifyFolder(folder, keyText(flags.key));
      for (const line of wrong) io.out(`${line}\n`);
      io.out(wrong.length === 0 ? `${folder} is as it was signed\n` : `${folder} is refused\n`);
      done(wrong.length === 0 ? EXIT.ok : EXIT.findings);
    });
};
