// Writes schemas/*.schema.json from the zod schemas of the code; a test fails when they are stale.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SCHEMA_KINDS, schemaText } from '../src/config/schemas.ts';

const folder = resolve(import.meta.dirname, '../schemas');
mkdirSync(folder, { recursive: true });
for (const kind of SCHEMA_KINDS) writeFileSync(join(folder, `${kind}.schema.json`), schemaText(kind));
console.log(`wrote ${SCHEMA_KINDS.length} schemas to schemas/`);
