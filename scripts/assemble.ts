// Compiles src/detect/bytes/assembly/ to src/detect/bytes/machine-code.ts; a test fails when that is stale.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const home = resolve(import.meta.dirname, '..');
const folder = join(home, 'src/detect/bytes/assembly');

/** Names and texts of the sources as one digest. */
export function sourcesDigest(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(`${name}\n${readFileSync(join(folder, name), 'utf8')}\n`);
  return hash.digest('hex');
}

/** The text of machine-code.ts. */
export async function machineCode(): Promise<string> {
  // Loaded here: the digest alone needs no compiler.
  const { default: asc } = await import('assemblyscript/asc');
  let code: Uint8Array | undefined;
  const options = [
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--enable',
    'simd',
    '--enable',
    'relaxed-simd',
    '--outFile',
    'machine.wasm',
  ];
  const { error, stderr } = await asc.main([relative(home, join(folder, 'index.ts')), '--baseDir', home, ...options], {
    writeFile: (_name, contents) => {
      code = contents as Uint8Array;
    },
  });
  if (error !== null || code === undefined) throw new Error(`assembly/ does not compile:\n${stderr.toString()}`);
  return [
    '// Written by `npm run assemble` from assembly/; do not edit.',
    `/** SHA-256 of the sources: ${sourcesDigest()} */`,
    `export const MACHINE_CODE =\n  '${Buffer.from(code).toString('base64')}';`,
    '',
  ].join('\n');
}

if (import.meta.main) {
  const text = await machineCode();
  writeFileSync(join(folder, '../machine-code.ts'), text);
  console.log(`wrote src/detect/bytes/machine-code.ts, ${text.length} characters`);
}
