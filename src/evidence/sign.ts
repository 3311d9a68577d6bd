import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { WardlineError } from '../shared/errors.ts';
import type { LedgerHead } from './ledger.ts';

/** An Ed25519 key with the name that signed notes give it. */
export type VerifyKey = {
  readonly name: string;
  readonly publicKey: KeyObject /** Lower-case hex SHA-256 of the raw public key. */;
  readonly id: string;
};
export type SigningKey = VerifyKey & { readonly privateKey: KeyObject };

const ED25519_RAW_LENGTH = 32;
const NAME = /^[^\s+\p{Cc}]{1,100}$/u;

/** A new key pair as PEM texts: the private one for a file of mode 0600, the public one to hand out. */
export function generateKeyFiles(): { readonly privatePem: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Reads a private key; throws WardlineError `evidence`, which never holds the text. */
export function readSigningKey(privatePem: string, name: string): SigningKey {
  const privateKey = readPem(() => createPrivateKey(privatePem), 'private');
  return { ...verifyKeyOf(createPublicKey(privateKey), name), privateKey };
}

export function readVerifyKey(publicPem: string, name: string): VerifyKey {
  // A private key file would pass for its public half; taking it here would invite handing it out.
  if (publicPem.includes('PRIVATE')) throw new WardlineError('evidence', 'expected a public key (PEM), got a private one');
  return verifyKeyOf(
    readPem(() => createPublicKey(publicPem), 'public'),
    name,
  );
}

function readPem(read: () => KeyObject, what: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new WardlineError('evidence', `expected an Ed25519 ${what} key in PEM form`);
  return key;
}

function verifyKeyOf(publicKey: KeyObject, name: string): VerifyKey {
  if (!NAME.test(name)) throw new WardlineError('evidence', `"${name}" is no key name: no blanks, no +, at most 100 characters`);
  return { name, publicKey, id: createHash('sha256').update(rawPublicKey(publicKey)).digest('hex') };
}

function rawPublicKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-ED25519_RAW_LENGTH);
}

/** The public half as PEM, to hand out. */
export function publicPemOf(key: VerifyKey): string {
  return key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

export function signBytes(bytes: Uint8Array, key: SigningKey): Buffer {
  return sign(null, bytes, key.privateKey);
}

export function verifyBytes(bytes: Uint8Array, signature: Uint8Array, key: VerifyKey): boolean {
  return verify(null, bytes, key.publicKey, signature);
}

/** Four bytes that tell a verifier which of its keys a note line is for (C2SP signed-note). */
function noteKeyHash(key: VerifyKey): Buffer {
  return createHash('sha256').update(`${key.name}\n\u0001`).update(rawPublicKey(key.publicKey)).digest().subarray(0, 4);
}

const MARK = '\u2014';

/** A head as a C2SP checkpoint, signed: origin (the key's name), size, root, then our lines for the chain and its time. */
export function signHead(head: LedgerHead, key: SigningKey): string {
  const root = Buffer.from(head.root, 'hex').toString('base64');
  const text = `${key.name}\n${head.size}\n${root}\nchain ${head.chain}\nat ${head.at}\n`;
  const signature = Buffer.concat([noteKeyHash(key), signBytes(Buffer.from(text), key)]);
  return `${text}\n${MARK} ${key.name} ${signature.toString('base64')}\n`;
}

const HEAD =
  /^(?<name>[^\s+]{1,100})\n(?<size>0|[1-9]\d{0,15})\n(?<root>[A-Za-z0-9+/]{43}=)\nchain (?<chain>[0-9a-f]{64})\nat (?<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\n\n\u2014 (?<signer>[^\s+]{1,100}) (?<signature>[A-Za-z0-9+/]{91}=)\n$/u;

export type HeadCheck =
  | { readonly outcome: 'verified'; readonly head: LedgerHead; readonly key: VerifyKey }
  | { readonly outcome: 'malformed' | 'unknown-key' | 'bad-signature'; readonly head: LedgerHead | undefined };

/** Reads a signed head and checks it against the keys trusted; only the exact form `signHead` writes is taken. */
export function checkHead(note: string, keys: readonly VerifyKey[]): HeadCheck {
  const groups = HEAD.exec(note)?.groups;
  if (groups === undefined) return { outcome: 'malformed', head: undefined };
  const { name = '', size = '', root = '', chain = '', at = '', signer = '', signature = '' } = groups;
  const rootBytes = strictBase64(root);
  const signed = strictBase64(signature);
  if (rootBytes === undefined || signed === undefined || signer !== name) return { outcome: 'malformed', head: undefined };
  const head = { size: Number(size), chain, root: rootBytes.toString('hex'), at };
  const key = keys.find((known) => known.name === signer && noteKeyHash(known).equals(signed.subarray(0, 4)));
  if (key === undefined) return { outcome: 'unknown-key', head };
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  if (!verifyBytes(Buffer.from(text), signed.subarray(4), key)) return { outcome: 'bad-signature', head };
  return { outcome: 'verified', head, key };
}

/** Bytes of base64 in its one canonical form; undefined otherwise: a lenient reader lets bits be flipped unseen. */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
