import { createReadStream, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import { createLacking, type Lacking } from '../detect/lacking.ts';
import { createMatchBuffer, createMatcher } from '../detect/matcher.ts';
import { loadTables } from '../enrich/load.ts';
import type { Event } from '../event/event.ts';
import { createNormalizer, type Normalizer } from '../normalize/normalizer.ts';
import { provenanceOf } from '../normalize/provenance.ts';
import { createRedactor } from '../normalize/redact.ts';
import { createRouteTable } from '../normalize/routes.ts';
import { WardlineError } from '../shared/errors.ts';
import { given } from '../shared/given.ts';
import type { JsonObject } from '../shared/json.ts';
import { printable, table } from '../shared/table.ts';
import { createFileSource } from '../source/file.ts';
import type { Source } from '../source/source.ts';
import { createStdinSource } from '../source/stdin.ts';
import { chosenRules, namedSettings, type RuleFlags, ruleSettingsOption, rulesOption } from './chosen-rules.ts';
import { outputOption, type Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { wholeNumber } from './flag-values.ts';
import type { Io } from './io.ts';
import type { LoadedFile } from './load.ts';

export type ParseFlags = RuleFlags & {
  readonly source?: string;
  readonly format?: string;
  readonly timezone?: string;
  readonly limit: string;
  readonly provenance?: boolean;
  readonly output: 'table' | 'json';
};

/** How the lines are seen: by the flags, and by the settings where they are named. */
function seenBy({ source, format, timezone }: ParseFlags, loaded: LoadedFile | undefined) {
  if (loaded === undefined) {
    if (source !== undefined) throw new WardlineError('usage', '--source names a source of the settings; add --config');
    return { normalizer: createNormalizer({ format, timezone }), redactor: undefined };
  }
  const { settings, baseDir } = loaded;
  const named = settings.sources.find(({ name }) => name === source);
  if (source !== undefined && named === undefined)
    throw new WardlineError(
      'usage',
      `there is no source "${source}"; the settings have ${settings.sources.map(({ name }) => name).join(', ')}`,
    );
  const logsource = named?.logsource && given(named.logsource);
  const about = { format: format ?? named?.format, timezone: timezone ?? named?.timezone, logsource, original: named?.original };
  return {
    normalizer: createNormalizer(
      { ...about, enrichment: loadTables(settings.enrich, baseDir)?.enrichment, mappings: settings.logsources },
      createRouteTable(settings.logsource),
    ),
    redactor: createRedactor(settings.redact),
  };
}

/** A file or a folder; standard input and pipes such as a shell's `<(command)` are read as they come. */
function sourceOf(file: string, { clock }: Io): Source {
  if (file === '-') return createStdinSource({ kind: 'stdin', name: 'parse' }, clock);
  const about = statSync(file);
  if (about.isFile() || about.isDirectory())
    return createFileSource({ kind: 'file', name: 'parse', path: resolve(file), mode: 'once' }, clock);
  return createStdinSource({ kind: 'stdin', name: 'parse' }, clock, createReadStream(file));
}

/** `wardline parse FILE`: what each line becomes, the rules it matches, and at the end the fields rules asked for in vain. */
export async function parse(file: string, flags: ParseFlags, io: Io): Promise<number> {
  if (file !== '-' && !existsSync(file)) throw new WardlineError('usage', `there is no file ${file}`);
  const limit = wholeNumber(flags.limit, '--limit');
  const loaded = namedSettings(flags, io);
  const { normalizer, redactor } = seenBy(flags, loaded);
  const none = flags.rules === undefined && loaded === undefined;
  const { detections } = chosenRules(none ? [] : flags.rules, loaded).ruleset;
  const matcher = createMatcher(detections);
  const lacking = createLacking(detections);
  const found = createMatchBuffer();
  const rulesOf = (event: Event): readonly string[] => {
    found.count = 0;
    matcher.match(event, found);
    return [...found.rules.subarray(0, found.count)].map((rule) => matcher.detections[rule]?.meta.title ?? '');
  };
  const documentOf = (event: Event): JsonObject => redactor?.of(event).document(event.toEcs()) ?? event.toEcs();
  let unread = 0;
  let shown = 0;
  reading: for await (const { records } of sourceOf(file, io).batches(new Map(), io.stop)) {
    for (const record of records) {
      if (shown >= limit) break reading;
      shown++;
      const { documents, deadLetters } = decode(record, DEFAULT_LIMITS);
      unread += deadLetters.length;
      for (const letter of deadLetters) {
        const { reason, detail, at } = redactor?.letter(letter) ?? letter;
        const line = `byte ${record.offset}: ${reason}${at === undefined ? '' : ` at byte ${at}`}: ${printable(detail)}\n`;
        if (flags.output === 'json') io.err(line);
        else io.out(line);
      }
      for (const decoded of documents) {
        const event = normalizer.normalize(record, decoded);
        lacking.observe(event);
        const document = documentOf(event);
        const origins = flags.provenance === true ? originsOf(event, normalizer) : NONE;
        io.out(
          flags.output === 'json'
            ? `${JSON.stringify(origins.size === 0 ? document : { ...document, wardline: { ...(document['wardline'] as JsonObject), provenance: Object.fromEntries(origins) } })}\n`
            : shownEvent(event, document, rulesOf(event), origins),
        );
      }
    }
  }
  if (shown === 0) io.err(`no lines in ${file === '-' ? 'standard input' : file}\n`);
  const missing = lackingText(lacking);
  if (missing !== '') (flags.output === 'json' ? io.err : io.out)(missing);
  return unread > 0 ? EXIT.findings : EXIT.ok;
}

/** Rows of the table at the end: what most rules ask for comes first. */
const MOST_LACKING = 25;

function lackingText(lacking: Lacking): string {
  const rows = lacking.report();
  if (rows.length === 0) return '';
  const shown = rows
    .slice(0, MOST_LACKING)
    .map(({ format, field, rules, events }) => [format, field, `${events}`, `${rules.length}`, rules[0] ?? '']);
  const more = rows.length > MOST_LACKING ? `... and ${rows.length - MOST_LACKING} more\n` : '';
  const columns = ['format', 'field', 'events', 'rules', 'for example'].map((title) => ({ title, max: 60 }));
  return `\nFields that rules for these events ask for and none of the events had:\n${table(columns, shown)}\n${more}`;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** Where the fields come from; a document that is ECS already has them from itself. */
function originsOf(event: Event, { decisions }: Normalizer): ReadonlyMap<string, string> {
  const format = decisions.formats.find(({ name }) => name === event.route.format);
  return format === undefined ? NONE : provenanceOf(format, event.document);
}

function shownEvent(event: Event, document: JsonObject, rules: readonly string[], origins: ReadonlyMap<string, string>): string {
  const labels = event.route.labels.map(({ product, service, category }) =>
    [product, service, category].filter((part) => part !== undefined).join('/'),
  );
  const { event: inner, wardline: _wardline, ...rest } = document as Record<string, Record<string, unknown>>;
  const { original: _original, ...about } = inner ?? {};
  const tags = event.tags.length === 0 ? '' : `   (${event.tags.join(', ')})`;
  const lines = [
    `byte ${event.origin.offset}: ${event.route.format}   ${labels.length === 0 ? 'no log source' : labels.join(', ')}${tags}`,
    ...flat({ ...rest, event: about }).map(
      ([name, value]) => `  ${name}: ${printable(value)}${origins.has(name) ? `   <- ${printable(origins.get(name) as string)}` : ''}`,
    ),
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
    .argument('<file>', 'a log file or a folder, - for standard input; .gz and .zst are unpacked')
    .description('show what each line becomes: format, log sources, ECS fields, matching rules')
    .addOption(ruleSettingsOption('their rules, signed packs and placeholders, enrichment and redaction'))
    .option('--source <name>', 'read the file as this source of the settings')
    .option('--format <name>', 'take this format instead of recognising one')
    .option('--timezone <zone>', 'zone of local times without one')
    .addOption(rulesOption('show which of these rules match, and which fields they do not find (default: those of the settings)'))
    .option('--limit <n>', 'how many lines', '20')
    .option('--provenance', 'show which field of the original each ECS field comes from')
    .addOption(outputOption())
    .action(async (file: string, flags: ParseFlags) => done(await parse(file, flags, io)));
};
