// Fills in what golden cases of formats have no expectation for yet: write `{ "line": ... }`, run this, and read what it wrote.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventsOf } from '../test/support/an-event.ts';
import { type GoldenCase, goldenFiles, goldenFolder, goldenOf } from '../test/support/golden-formats.ts';

for (const { format, cases } of goldenFiles()) {
  const path = join(goldenFolder, `${format}.json`);
  const done = cases.map((one): GoldenCase => {
    if (one.ecs !== undefined && !process.argv.includes('--all')) return one;
    const [event] = eventsOf(one.line, one.settings ?? {});
    if (event === undefined) throw new Error(`${path}: no event: ${one.line}`);
    if (event.route.format !== format) console.error(`${format}: recognised as ${event.route.format}: ${one.line.slice(0, 120)}`);
    return { line: one.line, ...(one.settings === undefined ? {} : { settings: one.settings }), ...goldenOf(event) };
  });
  const text = `${JSON.stringify(done, null, 1)}\n`;
  if (text !== readFileSync(path, 'utf8')) writeFileSync(path, text);
}
