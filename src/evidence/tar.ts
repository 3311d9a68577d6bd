import { WardlineError } from '../shared/errors.ts';

/** A file of a bundle: a relative path of at most 99 ASCII characters, and its bytes. */
export type BundleFile = { readonly name: string; readonly bytes: Uint8Array };

const BLOCK = 512;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

export function isBundleName(name: string): boolean {
  return name.length < 100 && NAME.test(name);
}

/** A ustar archive that depends on names and bytes alone: sorted, time 0, no owner, mode 0644. */
export function writeTar(files: readonly BundleFile[]): Buffer {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts: Uint8Array[] = [];
  for (const { name, bytes } of sorted) {
    if (!isBundleName(name)) throw new WardlineError('evidence', `"${name}" is no name for a file in a bundle`);
    parts.push(header(name, bytes.length), bytes, new Uint8Array(padding(bytes.length)));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return Buffer.concat(parts);
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'latin1');
  block.write('0000644\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('00000000000\0', 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/**
 * Reads an archive that `writeTar` could have written, and no other: each header must be, byte by byte, the one its name
 * and size give. Undefined otherwise. Two readers of a lenient form could see two different bundles.
 */
export function readTar(archive: Uint8Array): BundleFile[] | undefined {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const files: BundleFile[] = [];
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes[at] !== 0) {
    const block = bytes.subarray(at, at + BLOCK);
    const name = block.subarray(0, block.indexOf(0)).toString('latin1');
    const octal = block.subarray(124, 135).toString('latin1');
    if (!isBundleName(name) || !/^[0-7]{11}$/.test(octal)) return undefined;
    const size = Number.parseInt(octal, 8);
    if (!block.equals(header(name, size))) return undefined;
    const previous = files.at(-1);
    if (previous !== undefined && previous.name >= name) return undefined;
    const start = at + BLOCK;
    const end = start + size + padding(size);
    if (end > bytes.length || bytes.subarray(start + size, end).some((byte) => byte !== 0)) return undefined;
    files.push({ name, bytes: bytes.subarray(start, start + size) });
    at = end;
  }
  const rest = bytes.subarray(at);
  return rest.length === 2 * BLOCK && rest.every((byte) => byte === 0) ? files : undefined;
}
