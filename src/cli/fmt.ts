import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, visit } from 'yaml';
import { readDocuments } from '../rule/yaml.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { readRegularFile } from '../shared/read-file.ts';
import { printable } from '../shared/table.ts';
import type { Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

type Flags = { readonly check?: boolean };

const WIDTH = 140;
const KINDS = /\.(?:ya?ml|json)$/i;

/** The text in the one form: two spaces, no trailing space, comments kept. Undefined: it is no YAML or JSON, or its meaning would change. */
export function formatted(path: string, text: string): string | undefined {
  const before = readDocuments({ path, text });
  if (before.problems.length > 0) return undefined;
  const next = path.endsWith('.json') ? formattedJson(text) : formattedYaml(text);
  const after = readDocuments({ path, text: next });
  const same = after.problems.length === 0 && valuesOf(after) === valuesOf(before);
  return same ? next : undefined;
}

const valuesOf = ({ documents }: ReturnType<typeof readDocuments>): string =>
  JSON.stringify(
    documents.map(({ value }) => value),
    (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value),
  );

const formattedJson = (text: string): string => `${JSON.stringify(JSON.parse(text), null, 2)}\n`;

function formattedYaml(text: string): string {
  // Without a schema every plain scalar is text and keeps what was written (`0777`, `4.10`, `yes`).
  const documents = parseAllDocuments(text, { schema: 'failsafe', keepSourceTokens: true });
  if (!Array.isArray(documents)) return text;
  return tightLists(documents.map((document) => document.toString({ lineWidth: WIDTH, indent: 2, flowCollectionPadding: true })).join(''));
}

/** `[a, b]` beside `{ a: b }`: the padding inside the brackets of lists is taken away. */
function tightLists(text: string): string {
  const cuts: number[] = [];
  const documents = parseAllDocuments(text, { schema: 'failsafe' });
  for (const document of Array.isArray(documents) ? documents : [])
    visit(document, {
      Seq(_key, node) {
        const [start, end] = node.range ?? [0, 0];
        if (text[start] !== '[' || text[end - 1] !== ']') return;
        if (text[start + 1] === ' ' && text[start + 2] !== '#') cuts.push(start + 1);
        if (text[end - 2] === ' ' && end - 2 > start + 1) cuts.push(end - 2);
      },
    });
  const gone = new Set(cuts.filter((at) => text[at] === ' ' && !/^[ \t]*$/.test(text.slice(text.lastIndexOf('\n', at) + 1, at + 1))));
  return [...text].length === text.length ? [...text].filter((_, i) => !gone.has(i)).join('') : text;
}

/** `wardline fmt [PATH...]`: rule files, cases and settings in one form. */
function fmt(paths: readonly string[], flags: Flags, io: Io): number {
  const files = (paths.length > 0 ? paths : ['rules']).flatMap(filesBelow).sort();
  let [changed, left] = [0, 0];
  for (const path of files) {
    const text = textOf(path);
    const next = formatted(path, text);
    if (next === undefined) {
      left++;
      io.err(`${printable(path)}: left as it is; it is no file that can be read, see: wardline check\n`);
    } else if (next !== text) {
      changed++;
      if (!flags.check) writeFileSync(path, next);
      io.out(`${printable(path)}\n`);
    }
  }
  io.err(`${changed} of ${files.length} files ${flags.check ? 'would be' : 'were'} formatted${left > 0 ? `, ${left} could not be` : ''}\n`);
  return (flags.check && changed > 0) || left > 0 ? EXIT.findings : EXIT.ok;
}

function textOf(path: string): string {
  try {
    return readRegularFile(path).toString();
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function filesBelow(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => KINDS.test(name))
      .map((name) => join(path, name))
      .filter((file) => statSync(file).isFile());
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

export const registerFmt: Register = (program, { io, done }) => {
  program
    .command('fmt')
    .argument('[path...]', 'files and folders (default: rules)')
    .description('bring rules, cases and settings into one form; comments and meaning are kept')
    .option('--check', 'write nothing; exit 1 when a file has another form')
    .action((paths: string[], flags: Flags) => done(fmt(paths, flags, io)));
};
