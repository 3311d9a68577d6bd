import { join, relative, resolve } from 'node:path';
import { SCHEMA_KINDS, schemaText } from '../../config/schemas.ts';
import { calledAs } from '../called.ts';
import type { Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatted } from '../fmt.ts';
import type { Io } from '../io.ts';
import { writeNew } from '../write-new.ts';
import { projectFiles } from './project.ts';

type Flags = { readonly kafka?: boolean; readonly force?: boolean };

/** What an editor with yaml-language-server (VS Code: the YAML extension) takes for which files. */
const EDITOR: Readonly<Record<string, readonly string[]>> = {
  config: ['wardline.yaml'],
  cases: ['rules/**/*.cases.yml'],
  sigma: ['rules/sigma/**/!(*.cases).yml'],
  correlation: ['rules/correlation/**/!(*.cases).yml'],
  anomaly: ['rules/anomaly/**/!(*.cases).yml'],
  policy: ['rules/policy/**/!(*.cases).yml'],
  exception: ['rules/exceptions/*.yml'],
  controls: ['rules/controls/*.yml'],
};

/** `wardline init [DIR]`: a folder that runs at once. */
function init(folder: string, flags: Flags, io: Io): number {
  const root = resolve(folder);
  const files = [
    ...projectFiles({ kafka: flags.kafka ?? false }).map(({ path, text }) => ({ path, text: formatted(path, text) ?? text })),
    ...SCHEMA_KINDS.map((kind) => ({ path: `schemas/${kind}.schema.json`, text: schemaText(kind) })),
    {
      path: '.vscode/settings.json',
      text: `${JSON.stringify({ 'yaml.schemas': Object.fromEntries(Object.entries(EDITOR).map(([kind, globs]) => [`./schemas/${kind}.schema.json`, globs])), 'json.schemas': [{ fileMatch: ['rules/json-rules/**/*.json'], url: './schemas/json-rules.schema.json' }] }, null, 2)}\n`,
    },
  ].map(({ path, text }) => ({ path: join(root, path), text }));
  writeNew(files, flags.force ?? false);
  const wardline = calledAs(io);
  const shown = relative(process.cwd(), root);
  io.out(
    `wrote ${files.length} files${shown === '' ? '' : ` to ${shown}`}: settings, three rules with cases, an hour of sign-ins, schemas for editors\n\n`,
  );
  io.out(
    `Next:${shown === '' ? '' : ` cd ${shown} &&`} ${wardline} run --once\n      ${wardline} test\n      ${wardline} explain okta_brute_force --events events/okta.ndjson\n`,
  );
  return EXIT.ok;
}

export const registerInit: Register = (program, { io, done }) => {
  program
    .command('init')
    .argument('[dir]', 'the folder (default: this one)')
    .description('write a folder that runs at once: settings, rules with cases, sample events')
    .option('--kafka', 'with a Kafka topic as second source')
    .option('--force', 'replace files that are there')
    .action((folder: string | undefined, flags: Flags) => done(init(folder ?? '.', flags, io)));
};
