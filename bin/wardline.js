#!/usr/bin/env -S node --disallow-code-generation-from-strings --disable-proto=delete
import * as module from 'node:module';
import { join } from 'node:path';

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(`wardline: needs Node 24 or newer, this is ${process.version}; npx wardline takes the one of its packages\n`);
  process.exit(2);
}
// Compiled modules are kept beside the packages: half of the time of a short command. Not in a folder for temporary
// files, which others may write to; where this one cannot be written, nothing is kept.
module.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/wardline'));
await import('../src/main.ts');
