import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import { WardlineError } from '../shared/errors.ts';
import { signEnvelope } from './dsse.ts';
import { entryText, type LedgerEntry } from './entry.ts';
import { GUIDE } from './guide.ts';
import { createTree, leafHash } from './merkle.ts';
import { type SigningKey, signHead } from './sign.ts';
import { type BundleFile, writeTar } from './tar.ts';
import { createChainVerifier } from './verify.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'urn:wardline:evidence-bundle:1';

export const FILES = {
  manifest: 'manifest.json',
  envelope: 'manifest.dsse.json',
  entries: 'log/entries.ndjson',
  head: 'log/head.txt',
  proofs: 'proofs/inclusion.json',
  guide: 'VERIFY.md',
} as const;

/** Entries whose place in the log is proven one by one, so that each can be handed on without the rest. */
function isCited(entry: LedgerEntry, last: ReadonlyMap<string, number>): boolean {
  return entry.kind === 'activation' || entry.kind === 'gap' || (entry.kind === 'position' && last.get(keyOf(entry)) === entry.seq);
}

const keyOf = (entry: Extract<LedgerEntry, { kind: 'position' }>): string => JSON.stringify([entry.body.source, entry.body.partition]);

export type BundleOptions = {
  readonly key: SigningKey;
  /** Public key as PEM, put into the bundle for convenience: a verifier trusts the one it brought. */
  readonly publicPem: string;
  /** Reports, packs, evidence records: names below `reports/`, `inputs/`, `evidence/`. */
  readonly files?: readonly BundleFile[];
};

/**
 * Seals a chain into one archive: entries, signed head, inclusion proofs, whatever was made from them, and a signed
 * manifest over all. The same entries, files and key give the same bytes. Throws WardlineError `evidence` when the
 * chain does not verify: a bundle never vouches for a broken one.
 */
export function writeBundle(entries: Iterable<unknown>, { key, publicPem, files = [] }: BundleOptions): Buffer {
  const verifier = createChainVerifier();
  const lines: string[] = [];
  const leaves: string[] = [];
  const cited: LedgerEntry[] = [];
  const last = new Map<string, number>();
  for (const value of entries) {
    const fault = verifier.entry(value);
    if (fault !== undefined) throw new WardlineError('evidence', `the ledger does not verify at entry ${fault.seq}: ${fault.message}`);
    const entry = value as LedgerEntry;
    const text = entryText(entry);
    lines.push(text);
    leaves.push(leafHash(text));
    if (entry.kind === 'position') last.set(keyOf(entry), entry.seq);
    if (entry.kind === 'activation' || entry.kind === 'gap' || entry.kind === 'position') cited.push(entry);
  }
  const head = verifier.head();
  const tree = createTree(leaves);
  const proofs = cited
    .filter((entry) => isCited(entry, last))
    .map(({ seq }) => ({ seq, leaf: leaves[seq] ?? '', path: tree.inclusion(seq) }));
  const parts: BundleFile[] = [
    ...files,
    textFile(FILES.entries, lines.map((line) => `${line}\n`).join('')),
    textFile(FILES.head, signHead(head, key)),
    textFile(FILES.proofs, canonicalJson({ proofs, root: head.root, size: head.size })),
    textFile(`keys/${key.id}.pem`, publicPem),
    textFile(FILES.guide, GUIDE),
  ];
  const subject = parts
    .map(({ name, bytes }) => ({ name, digest: { sha256: sha256Hex(bytes) } }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const manifest = canonicalJson({
    _type: STATEMENT_TYPE,
    predicateType: PREDICATE_TYPE,
    predicate: { head: { ...head }, key: key.id, origin: key.name },
    subject,
  });
  return writeTar([...parts, textFile(FILES.manifest, manifest), textFile(FILES.envelope, signEnvelope(Buffer.from(manifest), key))]);
}

export function textFile(name: string, text: string): BundleFile {
  return { name, bytes: Buffer.from(text) };
}
