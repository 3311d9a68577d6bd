import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import type { JsonValue } from '../shared/json.ts';
import { FILES } from './bundle.ts';
import { isSignedBy, readEnvelope } from './dsse.ts';
import type { LedgerHead } from './ledger.ts';
import { canonicalValue, exactly, isHash, type Manifest, parseManifest, textOf } from './manifest.ts';
import { verifyInclusion } from './merkle.ts';
import { checkHead, type HeadCheck, readVerifyKey, type VerifyKey } from './sign.ts';
import { type BundleFile, readTar } from './tar.ts';
import { createChainVerifier, headFaults } from './verify.ts';

/** What is wrong with a bundle: a closed list that the second verifier shares. */
export type BundleFaultCode =
  | 'archive'
  | 'unknown-file'
  | 'missing-file'
  | 'manifest'
  | 'signature'
  | 'untrusted-key'
  | 'digest'
  | 'head'
  | 'chain'
  | 'chain-head'
  | 'evidence'
  | 'inclusion'
  | 'anchor';

export type BundleFault = { readonly code: BundleFaultCode; readonly file: string; readonly message: string };
export type BundleResult = {
  /** 0 verified, 1 invalid, 4 incomplete, 5 key not trusted. */
  readonly exitCode: 0 | 1 | 4 | 5;
  readonly faults: readonly BundleFault[];
  readonly head: LedgerHead | undefined;
  readonly files: ReadonlyMap<string, Uint8Array>;
};

export type VerifyOptions = {
  /** Keys trusted by whoever checks; never taken from the bundle. */
  readonly keys: readonly VerifyKey[];
  /** An older signed head from elsewhere: the log must begin with that one. */
  readonly anchor?: string | undefined;
};

const REQUIRED = Object.values(FILES);
const FREE = /^(?:reports|inputs)\/[A-Za-z0-9._-]+$/;
const KEY_FILE = /^keys\/([0-9a-f]{64})\.pem$/;
const EVIDENCE_FILE = /^evidence\/([0-9a-f]{2})\/([0-9a-f]{64})\.json$/;

type Note = (code: BundleFaultCode, file: string, message: string) => void;

/** Checks a bundle offline. Never throws on what is in it. */
export function verifyBundle(archive: Uint8Array, options: VerifyOptions): BundleResult {
  const faults: BundleFault[] = [];
  const note: Note = (code, file, message) => void faults.push({ code, file, message });
  const listed = readTar(archive);
  const files = new Map((listed ?? []).map(({ name, bytes }) => [name, bytes]));
  if (listed === undefined)
    note('archive', '', 'not a tar file as wardline evidence export writes it: another kind of file, changed, or cut off');
  const head = listed === undefined ? undefined : checkFiles(listed, files, options, note);
  return { exitCode: exitCodeOf(faults), faults, head, files };
}

/** Invalid before untrusted before incomplete. */
function exitCodeOf(faults: readonly BundleFault[]): BundleResult['exitCode'] {
  if (faults.some(({ code }) => code !== 'untrusted-key' && code !== 'missing-file')) return 1;
  if (faults.some(({ code }) => code === 'untrusted-key')) return 5;
  return faults.length > 0 ? 4 : 0;
}

function checkFiles(
  listed: readonly BundleFile[],
  files: ReadonlyMap<string, Uint8Array>,
  options: VerifyOptions,
  note: Note,
): LedgerHead | undefined {
  for (const { name } of listed) if (!isKnownName(name)) note('unknown-file', name, 'no part of a bundle has this name');
  for (const name of REQUIRED) if (!files.has(name)) note('missing-file', name, 'this part is missing');
  const manifest = readManifest(files.get(FILES.manifest), note);
  if (manifest === undefined) return undefined;
  const keys = checkSignature(files, manifest, options.keys, note);
  checkDigests(files, manifest, note);
  const head = checkHeadFile(files, manifest, keys, note);
  const anchor = options.anchor === undefined ? undefined : checkHead(options.anchor, keys);
  checkChain(files, manifest.head, anchor, note);
  checkEvidence(files, note);
  checkProofs(files, manifest.head, note);
  return head;
}

function isKnownName(name: string): boolean {
  return (REQUIRED as string[]).includes(name) || FREE.test(name) || KEY_FILE.test(name) || EVIDENCE_FILE.test(name);
}

function readManifest(bytes: Uint8Array | undefined, note: Note): Manifest | undefined {
  if (bytes === undefined) return undefined;
  const manifest = parseManifest(bytes);
  if (manifest === undefined) note('manifest', FILES.manifest, 'not a manifest in canonical form');
  return manifest;
}

/** Checks who signed; returns the keys to go on with: the trusted ones, else the bundle's own to find what else is wrong. */
function checkSignature(
  files: ReadonlyMap<string, Uint8Array>,
  manifest: Manifest,
  trusted: readonly VerifyKey[],
  note: Note,
): readonly VerifyKey[] {
  const bytes = files.get(FILES.envelope);
  const pem = files.get(`keys/${manifest.key}.pem`);
  const own = pem === undefined ? undefined : ownKey(pem, manifest);
  if (pem === undefined) note('missing-file', `keys/${manifest.key}.pem`, 'this part is missing');
  else if (own === undefined) note('signature', `keys/${manifest.key}.pem`, 'not the key its name says');
  const known = trusted.filter(({ id }) => id === manifest.key).map((key) => ({ ...key, name: manifest.origin }));
  if (known.length === 0) note('untrusted-key', FILES.envelope, `signed by key ${manifest.key}, which is not among the trusted keys`);
  const keys = known.length > 0 ? known : own === undefined ? [] : [own];
  if (bytes === undefined) return keys;
  const envelope = readEnvelope(textOf(bytes) ?? '');
  if (envelope === undefined) note('signature', FILES.envelope, 'not an envelope as Wardline writes it');
  else if (!envelope.payload.equals(Buffer.from(manifest.text))) note('signature', FILES.envelope, 'signs another manifest');
  else if (keys.length > 0 && !keys.some((key) => isSignedBy(envelope, key)))
    note('signature', FILES.envelope, 'the signature does not verify');
  return keys;
}

function ownKey(pem: Uint8Array, { key: id, origin }: Manifest): VerifyKey | undefined {
  try {
    const key = readVerifyKey(textOf(pem) ?? '', origin);
    return key.id === id ? key : undefined;
  } catch {
    return undefined;
  }
}

function checkDigests(files: ReadonlyMap<string, Uint8Array>, { digests }: Manifest, note: Note): void {
  for (const [name, bytes] of files) {
    if (name === FILES.manifest || name === FILES.envelope) continue;
    const digest = digests.get(name);
    if (digest === undefined) note('unknown-file', name, 'the manifest does not name this file');
    else if (sha256Hex(bytes) !== digest) note('digest', name, 'the bytes are not the ones that were signed');
  }
  for (const name of digests.keys()) if (!files.has(name)) note('missing-file', name, 'the manifest names a file that is missing');
}

function checkHeadFile(
  files: ReadonlyMap<string, Uint8Array>,
  manifest: Manifest,
  keys: readonly VerifyKey[],
  note: Note,
): LedgerHead | undefined {
  const bytes = files.get(FILES.head);
  if (bytes === undefined) return undefined;
  const checked = checkHead(textOf(bytes) ?? '', keys);
  const { head } = checked;
  if (head === undefined || checked.outcome === 'bad-signature' || (checked.outcome === 'unknown-key' && keys.length > 0)) {
    note('head', FILES.head, `signed head: ${checked.outcome}`);
  } else if (canonicalJson({ ...head }) !== canonicalJson({ ...manifest.head })) {
    note('head', FILES.head, 'not the head the manifest names');
  }
  return checked.outcome === 'verified' ? head : undefined;
}

function checkChain(files: ReadonlyMap<string, Uint8Array>, head: LedgerHead, anchor: HeadCheck | undefined, note: Note): void {
  const bytes = files.get(FILES.entries);
  if (bytes === undefined) return;
  if (anchor !== undefined && anchor.outcome !== 'verified') note('anchor', FILES.entries, `the anchor is ${anchor.outcome}`);
  const size = anchor?.outcome === 'verified' ? anchor.head.size : undefined;
  const { fault, actual, anchorRoot } = readChain(textOf(bytes), size);
  if (fault !== undefined) note('chain', FILES.entries, fault);
  else for (const { code, message } of headFaults(actual, head)) note('chain-head', FILES.entries, `${code}: ${message}`);
  if (fault === undefined && anchor?.outcome === 'verified' && anchorRoot !== anchor.head.root) {
    note('anchor', FILES.entries, `the log does not begin with the ${anchor.head.size} entries of the anchor`);
  }
}

type ReadChain = { readonly fault: string | undefined; readonly actual: LedgerHead; readonly anchorRoot: string | undefined };

/** Reads the lines of a chain, and the tree hash of its first `anchorSize` entries on the way. */
function readChain(text: string | undefined, anchorSize: number | undefined): ReadChain {
  const verifier = createChainVerifier();
  const lines = (text ?? '').split('\n');
  const ended = lines.pop() === '' && text !== undefined;
  let fault = ended ? undefined : 'does not end with a line feed, or is no UTF-8';
  let anchorRoot: string | undefined;
  for (const [seq, line] of (ended ? lines : []).entries()) {
    if (seq === anchorSize) anchorRoot = verifier.head().root;
    const broken = verifier.line(line);
    if (broken === undefined) continue;
    fault = `entry ${broken.seq}: ${broken.code}, ${broken.message}`;
    break;
  }
  const actual = verifier.head();
  if (actual.size === anchorSize) anchorRoot = actual.root;
  return { fault, actual, anchorRoot };
}

function checkEvidence(files: ReadonlyMap<string, Uint8Array>, note: Note): void {
  for (const [name, bytes] of files) {
    const [, short, id] = EVIDENCE_FILE.exec(name) ?? [];
    if (id === undefined) continue;
    if (sha256Hex(bytes) !== id || !id.startsWith(short ?? '-')) note('evidence', name, 'not the record its name says');
    else if (canonicalValue(bytes) === undefined) note('evidence', name, 'not in canonical JSON form');
  }
}

function checkProofs(files: ReadonlyMap<string, Uint8Array>, head: LedgerHead, note: Note): void {
  const bytes = files.get(FILES.proofs);
  if (bytes === undefined) return;
  const value = exactly(canonicalValue(bytes), 'proofs', 'root', 'size');
  const proofs = value?.proofs;
  const fits = value?.root === head.root && value.size === head.size && Array.isArray(proofs);
  if (!fits || !(proofs as readonly JsonValue[]).every((proof) => isProof(proof, head))) {
    note('inclusion', FILES.proofs, 'the proofs do not hold for the head of the manifest');
  }
}

function isProof(value: JsonValue, head: LedgerHead): boolean {
  const proof = exactly(value, 'leaf', 'path', 'seq');
  if (proof === undefined || !isHash(proof.leaf) || typeof proof.seq !== 'number' || !Array.isArray(proof.path)) return false;
  return proof.path.every(isHash) && verifyInclusion(proof.leaf, proof.seq, head.size, proof.path as readonly string[], head.root);
}
