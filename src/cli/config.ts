import { isMap, type Plain, type SourceDocument } from '../rule/document.ts';
import { readDocuments } from '../rule/yaml.ts';
import { readRegularFile } from '../shared/read-file.ts';
import { Secret } from '../shared/secret.ts';
import { printable, table } from '../shared/table.ts';
import { configOption, outputOption, type Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { settingsOf } from './load.ts';

type Row = { readonly setting: string; readonly value: string; readonly origin: string };
type Path = readonly (string | number)[];

const REFERENCE = /^\$\{(?:env|file):[^}]+\}$/;
const nameOf = (path: Path): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');

/** What the file says at a path; undefined where it says nothing. */
function written(document: SourceDocument, path: Path): Plain | undefined {
  let value: Plain | undefined = document.value;
  for (const part of path) {
    if (Array.isArray(value)) value = value[part as number];
    else if (isMap(value) && Object.hasOwn(value, String(part))) value = value[String(part)];
    else return undefined;
  }
  return value;
}

/** Every setting in force, with where it comes from. What a reference stands for is not shown. */
function rowsOf(value: unknown, path: Path, document: SourceDocument): readonly Row[] {
  const source = written(document, path);
  const place = document.placeOf(path);
  const origin = source === undefined ? 'default' : `${place.file}:${place.line}`;
  if (value instanceof Secret || (typeof source === 'string' && REFERENCE.test(source)))
    return [{ setting: nameOf(path), value: '[redacted]', origin: `${origin} ${String(source ?? '')}`.trim() }];
  if (Array.isArray(value) && value.length > 0 && value.some((item) => typeof item === 'object'))
    return value.flatMap((item, i) => rowsOf(item, [...path, i], document));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (entries.length > 0) return entries.flatMap(([key, item]) => rowsOf(item, [...path, key], document));
  }
  return [{ setting: nameOf(path), value: typeof value === 'bigint' ? `${value / 1_000_000n}ms` : JSON.stringify(value), origin }];
}

function show(config: string, output: 'table' | 'json', io: Io): number {
  const { settings } = settingsOf(config, io);
  const [document] = readDocuments({ path: config, text: readRegularFile(config).toString() }).documents;
  if (document === undefined) return EXIT.usage;
  const rows = rowsOf(settings, [], document);
  if (output === 'json') io.out(`${JSON.stringify({ version: 1, settings: rows })}\n`);
  else
    io.out(
      `${table(
        [
          { title: 'setting', max: 70 },
          { title: 'value', max: 70 },
          { title: 'origin', max: 60 },
        ],
        rows.map(({ setting, value, origin }) => [setting, printable(value), origin]),
      )}\n`,
    );
  return EXIT.ok;
}

export const registerConfig: Register = (program, { io, done }) => {
  program
    .command('config')
    .description('settings as they are in force')
    .command('show', { isDefault: true })
    .description('every setting with its origin: the line of the file, or default; secrets are never shown')
    .addOption(configOption())
    .addOption(outputOption())
    .action(({ config, output }: { config: string; output: 'table' | 'json' }) => done(show(config, output, io)));
};
