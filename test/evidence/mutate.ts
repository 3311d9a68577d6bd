import { writeBundle } from '../../src/evidence/bundle.ts';
import { entryHash, type LedgerEntry } from '../../src/evidence/entry.ts';
import { generateKeyFiles, readSigningKey, type SigningKey } from '../../src/evidence/sign.ts';
import { type BundleFile, readTar, writeTar } from '../../src/evidence/tar.ts';
import { verifyChain } from '../../src/evidence/verify.ts';

/** What a bundle was made from: enough to forge it in all the ways one would try. */
export type Workshop = {
  readonly entries: readonly LedgerEntry[];
  readonly files: readonly BundleFile[];
  readonly key: SigningKey;
  readonly publicPem: string;
  readonly bundle: Buffer;
};

export function aWorkshop(entries: readonly LedgerEntry[], files: readonly BundleFile[], origin = 'wardline/test'): Workshop {
  const { privatePem, publicPem } = generateKeyFiles();
  const key = readSigningKey(privatePem, origin);
  return { entries, files, key, publicPem, bundle: writeBundle(entries, { key, publicPem, files }) };
}

/** Deterministic numbers below `n`, from a seed (mulberry32). */
export function dice(seed: number): (n: number) => number {
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

export type Mutation = { readonly kind: string; readonly bytes: Buffer };
type Maker = (shop: Workshop, roll: (n: number) => number) => Buffer;

const filesOf = (shop: Workshop): BundleFile[] => [...(readTar(shop.bundle) ?? [])];

function rechain(entries: readonly LedgerEntry[]): LedgerEntry[] {
  let prev = '0'.repeat(64);
  return entries.map((entry, seq) => {
    const open = { ...entry, seq, prev };
    prev = entryHash(open);
    return { ...open, hash: prev } as LedgerEntry;
  });
}

function changeText(shop: Workshop, name: string, change: (text: string) => string): Buffer {
  return writeTar(
    filesOf(shop).map((file) =>
      file.name === name ? { name, bytes: Buffer.from(change(Buffer.from(file.bytes).toString('utf8'))) } : file,
    ),
  );
}

/** Seals entries again with a key of one's own: everything in it fits, but for who signed. */
function forge(shop: Workshop, entries: readonly LedgerEntry[]): Buffer {
  return aWorkshop(entries, shop.files).bundle;
}

const MAKERS: Readonly<Record<string, Maker>> = {
  'bit flip': ({ bundle }, roll) => {
    const bytes = Buffer.from(bundle);
    const at = roll(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8));
    return bytes;
  },
  truncate: ({ bundle }, roll) => Buffer.from(bundle.subarray(0, roll(bundle.length))),
  append: ({ bundle }, roll) => Buffer.concat([bundle, Buffer.alloc(1 + roll(2048), roll(2))]),
  'drop file': (shop, roll) => writeTar(filesOf(shop).toSpliced(roll(filesOf(shop).length), 1)),
  'duplicate block': ({ bundle }, roll) => {
    const at = 512 * roll(bundle.length / 512);
    return Buffer.concat([bundle.subarray(0, at), bundle.subarray(at, at + 512), bundle.subarray(at)]);
  },
  'drop block': ({ bundle }, roll) => {
    const at = 512 * roll(bundle.length / 512);
    return Buffer.concat([bundle.subarray(0, at), bundle.subarray(at + 512)]);
  },
  'reorder lines': (shop, roll) =>
    changeText(shop, 'log/entries.ndjson', (text) => {
      const lines = text.split('\n');
      const [i, j] = [roll(lines.length - 1), roll(lines.length - 1)];
      [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
      return lines.join('\n');
    }),
  'drop line': (shop, roll) =>
    changeText(shop, 'log/entries.ndjson', (text) =>
      text
        .split('\n')
        .toSpliced(roll(text.split('\n').length - 1), 1)
        .join('\n'),
    ),
  'duplicate line': (shop, roll) =>
    changeText(shop, 'log/entries.ndjson', (text) => {
      const lines = text.split('\n');
      const i = roll(lines.length - 1);
      return lines.toSpliced(i, 0, lines[i] ?? '').join('\n');
    }),
  'swap files': (shop, roll) => {
    const files = filesOf(shop);
    const [i, j] = [roll(files.length), roll(files.length)];
    const [a, b] = [files[i], files[j]];
    if (a === undefined || b === undefined) return shop.bundle;
    return writeTar(files.with(i, { name: a.name, bytes: b.bytes }).with(j, { name: b.name, bytes: a.bytes }));
  },
  'added file': (shop, roll) =>
    writeTar([
      ...filesOf(shop),
      {
        name: ['reports/extra.html', 'notes.txt', 'inputs/x', `evidence/ab/${'ab'.repeat(32)}.json`][roll(4)] ?? 'x',
        bytes: Buffer.from('x'),
      },
    ]),
  mode: ({ bundle }, roll) => {
    const bytes = Buffer.from(bundle);
    bytes.write('0000755', 100);
    bytes.writeUInt8(roll(2) === 0 ? 0x30 : 0x32, 156);
    return bytes;
  },
  padding: (shop, roll) => changeText(shop, FILE_NAMES[roll(FILE_NAMES.length)] ?? '', (text) => text + [' ', '\n', '\0', '\t'][roll(4)]),
  'loose JSON': (shop, roll) =>
    changeText(
      shop,
      ['manifest.json', 'manifest.dsse.json', 'proofs/inclusion.json'][roll(3)] ?? '',
      (text) => [text.replace(',', ', '), text.replace(':', ': '), ` ${text}`, text.replace('{', '{"a":1,')][roll(4)] ?? '',
    ),
  'rolled back': (shop, roll) => forge(shop, shop.entries.slice(0, roll(shop.entries.length))),
  'foreign key': (shop) => forge(shop, shop.entries),
  splice: (shop, roll) => {
    const other = readTar(forge(shop, shop.entries)) ?? [];
    const name = other[roll(other.length)]?.name ?? '';
    return writeTar(filesOf(shop).map((file) => (file.name === name ? (other.find((f) => f.name === name) ?? file) : file)));
  },
  'changed and sealed again': (shop, roll) => {
    const i = roll(shop.entries.length);
    const changed = shop.entries.map((entry, j) =>
      i === j ? ({ ...entry, at: entry.at.replace(/^\d{4}/, '2020') } as LedgerEntry) : entry,
    );
    const whole = rechain(i === 0 ? changed : shop.entries.map((entry) => ({ ...entry, at: '2020-01-01T00:00:00.000Z' }) as LedgerEntry));
    return forge(shop, verifyChain(whole).faults.length === 0 ? whole : shop.entries);
  },
};

const FILE_NAMES = [
  'manifest.json',
  'manifest.dsse.json',
  'log/entries.ndjson',
  'log/head.txt',
  'proofs/inclusion.json',
  'VERIFY.md',
  'reports/compliance.json',
];
export const MUTATION_KINDS = Object.keys(MAKERS);

/** The `i`-th mutated bundle: every kind in turn, at places chosen by the number. */
export function mutated(shop: Workshop, i: number): Mutation {
  const kind = MUTATION_KINDS[i % MUTATION_KINDS.length] ?? '';
  return { kind, bytes: (MAKERS[kind] as Maker)(shop, dice(i)) };
}
