// Mutated lines through every format, and hostile repetitions at growing sizes: counts crashes and measures whether cost grows
// with the length of a line. `node scripts/fuzz-formats.ts [--lines 100000] [--seed 1]`; exit code 1 for a crash or a slow line.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../src/decode/decode.ts';
import { formats } from '../src/normalize/index.ts';
import { createNormalizer, type Normalizer } from '../src/normalize/normalizer.ts';
import { createRouteTable } from '../src/normalize/routes.ts';
import { goldenFiles } from '../test/support/golden-formats.ts';
import { FRAGMENTS, mutated, seeded } from '../test/support/mutations.ts';

const option = (name: string, other: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? other : Number(process.argv[at + 1]);
};
const count = option('lines', 100_000);
const random = seeded(option('seed', 1));
const shared = resolve(import.meta.dirname, '../../shared/data/ecs');
const cases = existsSync(shared)
  ? [shared, join(shared, 'extra')].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ndjson'))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean))
        .map((line) => (JSON.parse(line) as { raw: string }).raw),
    )
  : [];
const lines = [...goldenFiles().flatMap(({ cases: golden }) => golden.map(({ line }) => line)), ...cases];

const routes = createRouteTable();
const normalizers = new Map<string | undefined, Normalizer>();
const run = (line: string, format: string | undefined): void => {
  let normalizer = normalizers.get(format);
  if (normalizer === undefined) normalizers.set(format, (normalizer = createNormalizer({ format }, routes)));
  const record = {
    source: 'fuzz',
    partition: 0,
    offset: 0n,
    appendedAt: 1_795_158_000_000,
    bytes: Buffer.from(line),
    headers: new Map<string, string>(),
  };
  for (const decoded of decode(record, DEFAULT_LIMITS).documents) JSON.stringify(normalizer.normalize(record, decoded).toEcs());
};
/** Microseconds of processor time: those of the wall also count what other processes do. */
const took = (line: string, format: string | undefined): number => {
  const start = process.cpuUsage();
  run(line, format);
  const { user, system } = process.cpuUsage(start);
  return user + system;
};

let crashes = 0;
for (let i = 0; i < count; i++) {
  const line = mutated(lines[Math.floor(random() * lines.length)] as string, lines[Math.floor(random() * lines.length)] as string, random);
  const format = i % 2 === 0 ? undefined : (formats[Math.floor(random() * formats.length)]?.name ?? undefined);
  try {
    run(line, format);
  } catch (error) {
    crashes++;
    console.error(`${format ?? 'by content'}: ${String(error)}\n  ${JSON.stringify(line).slice(0, 500)}`);
  }
}
console.log(`${count} mutated lines of ${lines.length}, ${formats.length} formats: ${crashes} crashes`);

/** Microseconds per KiB at 16 KiB and at 256 KiB: a reader whose cost is not linear differs by more than the noise. */
const SMALL = 16 * 1024;
const LARGE = 256 * 1024;
const hostile = goldenFiles().flatMap(({ format, cases: golden }) => {
  const line = golden[0]?.line ?? '';
  return FRAGMENTS.flatMap((fragment) =>
    [0.05, 0.3, 0.6, 1].map((share) => ({ format, head: line.slice(0, Math.ceil(line.length * share)), fragment })),
  );
});
let slow = 0;
let worst = { perKib: 0, name: '' };
for (const { format, head, fragment } of hostile) {
  const at = (size: number): string => head + fragment.repeat(Math.ceil(size / fragment.length));
  for (const named of [format, undefined]) {
    const small = took(at(SMALL), named) / 16;
    const large = took(at(LARGE), named) / 256;
    if (large > worst.perKib && Math.min(took(at(LARGE), named), took(at(LARGE), named)) / 256 > worst.perKib)
      worst = { perKib: large, name: `${named ?? 'by content'}, ${JSON.stringify(fragment)} behind ${JSON.stringify(head.slice(-40))}` };
    if (large < 100 || large < 4 * small) continue;
    // The collector may have been at work, whose threads count as well: what is slow is slow every time.
    const best = (size: number): number => Math.min(...Array.from({ length: 8 }, () => took(at(size), named)));
    if (best(LARGE) / 256 < 100 || best(LARGE) / 256 < 4 * (best(SMALL) / 16)) continue;
    slow++;
    console.error(
      `${named ?? 'by content'}: ${large.toFixed(0)} us/KiB at 256 KiB, ${small.toFixed(0)} at 16: ${JSON.stringify(fragment)} behind ${JSON.stringify(head.slice(-60))}`,
    );
  }
}
console.log(
  `${hostile.length * 2} hostile lines of 256 KiB: ${slow} whose cost grows faster than their length; the worst ${worst.perKib.toFixed(0)} us/KiB (${worst.name})`,
);
process.exit(crashes + slow > 0 ? 1 : 0);
