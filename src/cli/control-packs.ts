import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadControlPack, loadProfile } from '../report/load-pack.ts';
import { type Problem, problemText } from '../rule/problem.ts';
import type { RuleFile } from '../rule/yaml.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { nearest } from '../shared/nearest.ts';
import { table } from '../shared/table.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

const SHIPPED = resolve(import.meta.dirname, '../../rules/controls');

/** The control pack and profile that the flags name; what is odd but no error goes to standard error. */
export function packOf(flags: { readonly pack: string; readonly profile?: string | undefined }, io: Pick<Io, 'err'>) {
  const path = flags.profile;
  // What is odd about it is said once, below, when the pack is known.
  const named = path === undefined ? undefined : loaded(path, (file) => loadProfile(file), { err: () => undefined });
  const pack = loaded(packPath(flags.pack), (file) => loadControlPack(file, named, (name) => siblingOf(file.path, name)), io);
  const profile = path === undefined ? undefined : loaded(path, (file) => loadProfile(file, pack), io);
  return { profile, pack };
}

/** `wardline report packs`: the shipped control packs. */
export function listPacks(flags: { readonly output: 'table' | 'json' }, io: Io): number {
  const packs = shippedNames().map((name) => {
    const { scope, title, controls, version } = packOf({ pack: name }, io).pack;
    return { name, version, title, covered: Object.keys(controls).length, controls: scope.controls };
  });
  if (flags.output === 'json') io.out(`${JSON.stringify(packs)}\n`);
  else {
    const columns = [{ title: 'pack' }, { title: 'version' }, { title: 'controls decided' }, { title: 'title' }];
    const rows = packs.map(({ name, version, title, covered, controls }) => [name, version, `${covered} of ${controls}`, title]);
    io.out(`${table(columns, rows)}\n`);
  }
  return EXIT.ok;
}

function shippedNames(): readonly string[] {
  const files = readdirSync(SHIPPED).filter((name) => name.endsWith('.yml'));
  return files.map((name) => name.slice(0, -'.yml'.length)).sort();
}

/** A file, or the name of a shipped pack. */
function packPath(name: string): string {
  if (existsSync(name) || !/^[\w.-]+$/.test(name)) return name;
  const shipped = join(SHIPPED, `${name}.yml`);
  if (existsSync(shipped)) return shipped;
  const close = nearest(name, shippedNames());
  throw new WardlineError(
    'usage',
    `there is no file ${name}, and no shipped pack of that name${close === undefined ? '' : `; did you mean ${close}?`}; see wardline report packs`,
  );
}

/** A pack that another one extends: beside it, or a shipped one. */
function siblingOf(path: string, name: string): RuleFile | undefined {
  const found = [join(dirname(path), name), join(SHIPPED, name)].find(existsSync);
  return found === undefined ? undefined : { path: found, text: readFileSync(found, 'utf8') };
}

function loaded<T>(
  path: string,
  load: (file: { path: string; text: string }) => { readonly value: T | undefined; readonly problems: readonly Problem[] },
  io: Pick<Io, 'err'>,
): T {
  if (!existsSync(path)) throw new WardlineError('usage', `there is no file ${path}`);
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${messageOf(error)}`);
  }
  const { value, problems } = load({ path, text: source });
  const text = problems.map(problemText).join('\n');
  if (value === undefined) throw new WardlineError('settings', text);
  if (text !== '') io.err(`${text}\n`);
  return value;
}
