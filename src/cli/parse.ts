import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import { createMatchBuffer, createMatcher } from '../detect/matcher.ts';
import type { Event } from '../event/event.ts';
import { createNormalizer } from '../normalize/normalizer.ts';
import { readRuleFiles } from '../rule/files.ts';
import { loadRules } from '../rule/load.ts';
import { WardlineError } from '../shared/errors.ts';
import { printable } from '../shared/table.ts';
import { createFileSource } from '../source/file.ts';
import { outputOption, type Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

export type ParseFlags = {
  readonly format?: string;
  readonly timezone?: string;
  readonly rules?: readonly string[];
  readonly limit: string;
  readonly output: 'table' | 'json';
};

/** `wardline parse FILE`: what each line becomes: format, log sources, time, ECS fields, and the rules it matches. */
export async function parse(file: string, flags: ParseFlags, io: Io): Promise<number> {
  if (!existsSync(file)) throw new WardlineError('usage', `there is no file ${file}`);
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new WardlineError('usage', `--limit takes a whole number from 1, not ${flags.limit}`);
  const normalizer = createNormalizer({ format: flags.format, timezone: flags.timezone });
  const { ruleset } = flags.rules === undefined ? { ruleset: { detections: [] } } : loadRules(readRuleFiles(flags.rules));
  const matcher = createMatcher(ruleset.detections);
  const found = createMatchBuffer();
  const rulesOf = (event: Event): readonly string[] => {
    found.count = 0;
    matcher.match(event, found);
    return [...found.rules.subarray(0, found.count)].map((rule) => matcher.detections[rule]?.meta.title ?? '');
  };
  let unread = 0;
  let shown = 0;
  const source = createFileSource({ kind: 'file', name: 'parse', path: resolve(file), mode: 'once' }, io.clock);
  for await (const { records } of source.batches(new Map(), io.stop)) {
    for (const record of records) {
      if (shown >= limit) return unread > 0 ? EXIT.findings : EXIT.ok;
      shown++;
      const { documents, deadLetters } = decode(record, DEFAULT_LIMITS);
      unread += deadLetters.length;
      for (const { reason, detail, at } of deadLetters)
        io.out(`byte ${record.offset}: ${reason}${at === undefined ? '' : ` at byte ${at}`}: ${printable(detail)}\n`);
      for (const decoded of documents) {
        const event = normalizer.normalize(record, decoded);
        io.out(flags.output === 'json' ? `${JSON.stringify(event.toEcs())}\n` : shownEvent(event, rulesOf(event)));
      }
    }
  }
  return unread > 0 ? EXIT.findings : EXIT.ok;
}

function shownEvent(event: Event, rules: readonly string[]): string {
  const labels = event.route.labels.map(({ product, service, category }) =>
    [product, service, category].filter((part) => part !== undefined).join('/'),
  );
  const { event: inner, wardline: _wardline, ...rest } = event.toEcs() as Record<string, Record<string, unknown>>;
  const { original: _original, ...about } = inner ?? {};
  const tags = event.tags.length === 0 ? '' : `   (${event.tags.join(', ')})`;
  const lines = [
    `byte ${event.origin.offset}: ${event.route.format}   ${labels.length === 0 ? 'no log source' : labels.join(', ')}${tags}`,
    ...flat({ ...rest, event: about }).map(([name, value]) => `  ${name}: ${printable(value)}`),
    ...(rules.length === 0 ? [] : [`  matches: ${rules.map(printable).join('; ')}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function flat(value: unknown, name = ''): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  if (Array.isArray(value)) return [[name, value.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one))).join(', ')]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, name === '' ? key : `${name}.${key}`));
}

export const registerParse: Register = (program, { io, done }) => {
  program
    .command('parse')
    .argument('<file>', 'a log file; .gz and .zst are unpacked')
    .description('show what each line becomes: format, log sources, ECS fields, matching rules')
    .option('--format <name>', 'take this format instead of recognising one')
    .option('--timezone <zone>', 'zone of local times without one')
    .option('--rules <path...>', 'show which of these rules match')
    .option('--limit <n>', 'how many lines', '20')
    .addOption(outputOption())
    .action(async (file: string, flags: ParseFlags) => done(await parse(file, flags, io)));
};
