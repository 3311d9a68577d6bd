import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { JsonValue } from '../shared/json.ts';

/** The manifest of a signed folder of rules lies in it under this name. */
export const MANIFEST_NAME = 'wardline-pack.json';

/** SHA-256 (hex) of every file of the folder by its path, and an Ed25519 signature (base64) over the canonical JSON of the rest. */
export const manifestSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1),
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
  signature: z.base64(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Bytes of files by their paths in the folder, with `/` between. */
export type PackFiles = ReadonlyMap<string, Uint8Array>;

const signed = ({ version, name, files }: Omit<Manifest, 'signature'>): Buffer =>
  Buffer.from(`wardline rule pack 1\n${canonicalJson({ version, name, files } as JsonValue)}`);

const digestsOf = (files: PackFiles): Record<string, string> =>
  Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, bytes]) => [path, sha256Hex(bytes)]));

export function signPack(name: string, files: PackFiles, privateKey: string): Manifest {
  const content = { version: 1 as const, name, files: digestsOf(files) };
  return {
    ...content,
    signature: sign(
      null,
      signed(content),
      ed25519(() => createPrivateKey(privateKey), 'private'),
    ).toString('base64'),
  };
}

/** Everything that is wrong with a signed folder; empty: every file is what was signed with this key, and no other is there. */
export function verifyPack(manifestText: string | undefined, files: PackFiles, publicKey: string): readonly string[] {
  if (manifestText === undefined) return [`there is no ${MANIFEST_NAME}: the rules are not signed`];
  let manifest: Manifest;
  try {
    manifest = manifestSchema.parse(JSON.parse(manifestText));
  } catch {
    return [`${MANIFEST_NAME} is no manifest`];
  }
  const key = ed25519(() => createPublicKey(publicKey), 'public');
  if (!verify(null, signed(manifest), key, Buffer.from(manifest.signature, 'base64')))
    return ['the signature is of another key, or the manifest was changed'];
  const now = digestsOf(files);
  return [
    ...Object.keys(manifest.files)
      .filter((path) => now[path] === undefined)
      .map((path) => `${path} is missing`),
    ...Object.keys(now)
      .filter((path) => manifest.files[path] === undefined)
      .map((path) => `${path} was added`),
    ...Object.keys(now)
      .filter((path) => manifest.files[path] !== undefined && manifest.files[path] !== now[path])
      .map((path) => `${path} was changed`),
  ];
}

function ed25519(read: () => KeyObject, what: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw new WardlineError('usage', `this is no ${what} key in PEM form: ${messageOf(error)}`, { cause: error });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new WardlineError('usage', `the ${what} key is ${key.asymmetricKeyType}; Ed25519 is needed (wardline evidence keygen makes one)`);
  return key;
}
