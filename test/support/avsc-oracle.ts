// Runs without the flags of the product, which the library cannot work under: schemas come in on standard input as JSON
// lines, and for each come out random values of it, encoded and as plain JSON.
import { createInterface } from 'node:readline';
import avsc from 'avsc';

type Line = { readonly schema: object | string; readonly count: number };

/** Buffers as base64, unions as what they hold. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { schema, count } = JSON.parse(line) as Line;
  const type = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: 'never' });
  const values = Array.from({ length: count }, () => type.fromBuffer(type.toBuffer(type.random())));
  process.stdout.write(
    `${JSON.stringify(values.map((value) => ({ bytes: type.toBuffer(value).toString('base64'), json: plain(value) })))}\n`,
  );
}
