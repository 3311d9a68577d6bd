import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildReport } from '../report/compliance.ts';
import { REPORT_FORMS, type ReportForm } from '../report/forms.ts';
import { loadControlPack, loadProfile } from '../report/load-pack.ts';
import { type Problem, problemText } from '../rule/problem.ts';
import type { RuleFile } from '../rule/yaml.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { preferLittleMemory } from '../shared/memory.ts';
import { table } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

export type ReportFlags = {
  readonly store: string;
  readonly pack: string;
  readonly profile?: string;
  readonly as: string;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly asOf?: string;
};

const SHIPPED = resolve(import.meta.dirname, '../../rules/controls');

/** `wardline report compliance`: what was seen, evaluated and alerted, judged by one control pack. */
export function reportCompliance(flags: ReportFlags, io: Io): number {
  const forms = flags.as.split(',').map((form) => form.trim());
  for (const form of forms)
    if (!Object.hasOwn(REPORT_FORMS, form))
      throw new WardlineError('usage', `--as takes ${Object.keys(REPORT_FORMS).join(', ')}, not "${form}"`);
  if (forms.length > 1 && flags.out === undefined) throw new WardlineError('usage', 'several forms need --out NAME; each gets its ending');
  preferLittleMemory();
  const { pack, profile } = packOf(flags);
  const store = openStore(flags.store, { readOnly: true });
  try {
    const report = buildReport(store.ledger.entries(), pack, {
      period: periodOf(flags),
      asOf: flags.asOf === undefined ? undefined : instant(flags.asOf, '--as-of'),
      profile,
    });
    for (const form of forms) {
      const { render, ending } = REPORT_FORMS[form] as ReportForm;
      const text = render(report);
      if (text === undefined) io.err(`${form}: nothing to say for this period, so no document\n`);
      else if (flags.out === undefined) io.out(text.endsWith('\n') ? text : `${text}\n`);
      else {
        const path = flags.out.endsWith(`.${ending}`) ? flags.out : `${flags.out}.${ending}`;
        writeFileSync(path, text);
        io.err(`wrote ${path}\n`);
      }
    }
  } finally {
    store.close();
  }
  return EXIT.ok;
}

/** The control pack and profile that the flags name. */
export function packOf(flags: { readonly pack: string; readonly profile?: string }) {
  const profile = flags.profile === undefined ? undefined : loaded(flags.profile, (file) => loadProfile(file));
  return {
    profile,
    pack: loaded(packPath(flags.pack), (file) => loadControlPack(file, profile, (name) => siblingOf(file.path, name))),
  };
}

/** A file, or the name of a shipped pack. */
function packPath(name: string): string {
  if (existsSync(name) || !/^[\w.-]+$/.test(name)) return name;
  const shipped = join(SHIPPED, `${name}.yml`);
  if (existsSync(shipped)) return shipped;
  throw new WardlineError('usage', `there is no file ${name}, and no shipped pack of that name; see wardline report packs`);
}

/** `wardline report packs`: the shipped control packs. */
export function listPacks(flags: { readonly output: 'table' | 'json' }, io: Io): number {
  const packs = readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => {
      const { scope, title, controls, version } = loaded(join(SHIPPED, name), (file) =>
        loadControlPack(file, undefined, (other) => siblingOf(file.path, other)),
      );
      return { name: name.slice(0, -'.yml'.length), version, title, covered: Object.keys(controls).length, controls: scope.controls };
    });
  if (flags.output === 'json') io.out(`${JSON.stringify(packs)}\n`);
  else {
    const columns = [{ title: 'pack' }, { title: 'version' }, { title: 'controls decided' }, { title: 'title' }];
    const rows = packs.map(({ name, version, title, covered, controls }) => [name, version, `${covered} of ${controls}`, title]);
    io.out(`${table(columns, rows)}\n`);
  }
  return EXIT.ok;
}

/** A pack beside another; a file that cannot be read is one that is not there. */
function siblingOf(path: string, name: string): RuleFile | undefined {
  const found = join(dirname(path), name);
  return existsSync(found) ? { path: found, text: readFileSync(found, 'utf8') } : undefined;
}

function loaded<T>(
  path: string,
  load: (file: { path: string; text: string }) => { readonly value: T | undefined; readonly problems: readonly Problem[] },
): T {
  if (!existsSync(path)) throw new WardlineError('usage', `there is no file ${path}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${messageOf(error)}`);
  }
  const { value, problems } = load({ path, text });
  if (value === undefined) throw new WardlineError('settings', problems.map(problemText).join('\n'));
  return value;
}

export function periodOf({ from, to }: { readonly from?: string; readonly to?: string }): { from: number; to: number } | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined) throw new WardlineError('usage', 'a period needs --from and --to');
  const span = { from: instant(from, '--from'), to: instant(to, '--to') };
  if (span.to <= span.from) throw new WardlineError('usage', '--to must be later than --from');
  return span;
}

function instant(text: string, flag: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new WardlineError('usage', `${flag} takes a time such as 2026-11-01 or 2026-11-01T06:00:00Z, not "${text}"`);
  return ms;
}
