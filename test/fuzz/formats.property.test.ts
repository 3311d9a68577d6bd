import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { formats } from '../../src/normalize/index.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import { aRecord, eventsOf } from '../support/an-event.ts';
import { goldenFiles } from '../support/golden-formats.ts';
import { mutated, seeded } from '../support/mutations.ts';

const lines = goldenFiles().flatMap(({ cases }) => cases.map(({ line }) => line));
const routes = createRouteTable();

/** Every value of a document is JSON, whatever the line was. */
function checked(line: string, format: string | undefined): void {
  const { documents, deadLetters, discarded } = decode(aRecord(line), DEFAULT_LIMITS);
  if (documents.length + deadLetters.length + discarded === 0) throw new Error('a record became nothing');
  for (const event of eventsOf(line, { format }, routes)) {
    const document = event.toEcs();
    const text = JSON.stringify(document, (_key, value: unknown) => {
      if (typeof value === 'function' || typeof value === 'bigint' || typeof value === 'symbol')
        throw new Error(`a ${typeof value} in a document`);
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('a number that is none');
      return value;
    });
    if (!/^\d{4,6}-\d\d-\d\dT/.test(String(document['@timestamp']))) throw new Error(`no time: ${text.slice(0, 200)}`);
  }
}

test('a mutated line of any format becomes events, dead letters or nothing that counts, and never an error', () => {
  const random = seeded(20_261_125);
  const failures: string[] = [];
  for (let i = 0; i < 3000; i++) {
    const line = mutated(lines[i % lines.length] as string, lines[Math.floor(random() * lines.length)] as string, random);
    // By content, and as a source that names a format sees lines of another.
    for (const format of [undefined, formats[Math.floor(random() * formats.length)]?.name]) {
      try {
        checked(line, format);
      } catch (error) {
        failures.push(`${format ?? 'by content'}: ${String(error)}: ${JSON.stringify(line).slice(0, 300)}`);
      }
    }
  }
  expect(failures.slice(0, 5)).toEqual([]);
});
