import { join } from 'node:path';
import { Argument, Option } from 'commander';
import { WardlineError } from '../../shared/errors.ts';
import { printable } from '../../shared/table.ts';
import { calledAs } from '../called.ts';
import type { Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatted } from '../fmt.ts';
import type { Io } from '../io.ts';
import { writeNew } from '../write-new.ts';
import { ANOMALY_TYPE_NAMES, anomalyTemplate, METRICS, type MetricName } from './anomaly.ts';
import type { AnomalyTypeName } from './anomaly-samples.ts';
import type { Template } from './template.ts';
import { TEMPLATE_KINDS, TEMPLATES, type TemplateKind } from './templates.ts';

type Flags = {
  readonly dir?: string;
  readonly title?: string;
  readonly force?: boolean;
  readonly type?: AnomalyTypeName;
  readonly metric?: MetricName;
};

const DAY_MS = 86_400_000;
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** A title as it stands in the file: inside the quotes of JSON, or in YAML with quotes where it needs them. */
function quoted(title: string, { ending }: Template): string {
  if (ending === '.json') return JSON.stringify(title).slice(1, -1);
  return /^[\w ,()-]+$/.test(title) ? title : JSON.stringify(title);
}

function templateOf(kind: TemplateKind, { type, metric }: Flags): Template {
  if (kind === 'anomaly') return anomalyTemplate(type ?? 'absence', metric);
  if (type !== undefined || metric !== undefined)
    throw new WardlineError('usage', `--${type === undefined ? 'metric' : 'type'} goes with kind anomaly, not ${kind}`);
  return TEMPLATES[kind];
}

/** `wardline new KIND NAME`: a rule that holds as it is, with cases that pass. */
function create(kind: TemplateKind, name: string, flags: Flags, io: Io): number {
  if (!/^[a-z][a-z0-9_-]{0,99}$/.test(name))
    throw new WardlineError('usage', `"${name}" is no name: lower-case letters, digits, dash and underscore`);
  const template = templateOf(kind, flags);
  const title = flags.title ?? `${name[0]?.toUpperCase()}${name.slice(1).replaceAll(/[_-]/g, ' ')}`;
  const now = io.clock.now();
  const fill = (text: string): string =>
    text
      .replaceAll('EVENT_TITLE', quoted(`${title}, one event`, template))
      .replaceAll('TITLE', quoted(title, template))
      .replaceAll('NAME', name)
      .replaceAll('STARTS', day(now))
      .replace('EXPIRES', day(now + 90 * DAY_MS));
  const stem = join(flags.dir ?? template.folder, name);
  const files = [
    { path: `${stem}${template.ending}`, text: fill(template.rule) },
    ...(template.cases === undefined ? [] : [{ path: `${stem}.cases.yml`, text: fill(template.cases) }]),
  ];
  writeNew(
    files.map(({ path, text }) => ({ path, text: formatted(path, text) ?? text })),
    flags.force ?? false,
  );
  const wardline = calledAs(io);
  for (const { path } of files) io.out(`wrote ${printable(path)}\n`);
  io.out(
    template.cases === undefined
      ? `Next: ${wardline} check ${files[0]?.path}\n`
      : `Next: ${wardline} check ${files[0]?.path} && ${wardline} test ${files[0]?.path}\n`,
  );
  return EXIT.ok;
}

export const registerNew: Register = (program, { io, done }) => {
  program
    .command('new')
    .addArgument(new Argument('<kind>', 'what kind of file').choices([...TEMPLATE_KINDS]))
    .argument('<name>', 'its name, and that of its file')
    .description('write a rule of a kind with cases, to be changed')
    .option('--title <text>', 'what alerts are called')
    .option('--dir <folder>', 'where to write (default: the usual folder of the kind)')
    .addOption(new Option('--type <type>', 'of an anomaly, its type (default: absence)').choices([...ANOMALY_TYPE_NAMES]))
    .addOption(new Option('--metric <metric>', 'of an anomaly over panes, what it measures (default: count)').choices([...METRICS]))
    .option('--force', 'replace files that are there')
    .action((kind: TemplateKind, name: string, flags: Flags) => done(create(kind, name, flags, io)));
};
