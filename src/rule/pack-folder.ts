import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { sha256Hex } from '../shared/digest.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { MANIFEST_NAME, type PackFiles, verifyPack } from './pack.ts';
import type { RuleFile } from './yaml.ts';

/** Every file of a folder but its manifest; a link is refused, since what it leads to can change. */
export function packFilesOf(folder: string): PackFiles {
  const files = new Map<string, Uint8Array>();
  const walk = (path: string): void => {
    const stat = lstatSync(path);
    if (stat.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name));
    else if (!stat.isFile()) throw new WardlineError('rules', `${path} is neither file nor folder; a signed pack holds nothing else`);
    else if (relative(folder, path) !== MANIFEST_NAME) files.set(relative(folder, path).split(sep).join('/'), readFileSync(path));
  };
  walk(folder);
  return files;
}

/** What is wrong with a signed folder on disk. */
export function verifyFolder(folder: string, publicKey: string): readonly string[] {
  if (!existsSync(folder)) return ['there is no such folder'];
  const manifest = join(folder, MANIFEST_NAME);
  return verifyPack(existsSync(manifest) ? readFileSync(manifest, 'utf8') : undefined, packFilesOf(folder), publicKey);
}

/** Digests by path of a signed folder, as signed. Throws `rules` when anything in it is not what was signed with the key in this file. */
export function requireSigned(folder: string, keyFile: string): ReadonlyMap<string, string> {
  let key: string;
  try {
    key = readFileSync(keyFile, 'utf8');
  } catch (error) {
    throw new WardlineError('rules', `cannot read the key ${keyFile} of the rule pack ${folder}: ${messageOf(error)}`, { cause: error });
  }
  const wrong = verifyFolder(folder, key);
  if (wrong.length > 0)
    throw new WardlineError(
      'rules',
      `the rule pack ${folder} is refused: ${wrong.slice(0, 5).join('; ')}${wrong.length > 5 ? ` and ${wrong.length - 5} more` : ''}`,
    );
  return new Map([...packFilesOf(folder)].map(([path, bytes]) => [path, sha256Hex(bytes)]));
}

/** Throws `rules` when the text of a file that was read is another than the one that was signed. */
export function requireDigests(folder: string, digests: ReadonlyMap<string, string>, files: readonly RuleFile[]): void {
  for (const { path, text } of files) {
    const inside = relative(folder, path);
    if (inside.startsWith('..')) continue;
    if (digests.get(inside.split(sep).join('/')) !== sha256Hex(Buffer.from(text)))
      throw new WardlineError('rules', `the rule pack ${folder} is refused: ${inside} changed while it was read`);
  }
}
