import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { placeholderValues } from '../../config/placeholders.ts';
import type { Settings } from '../../config/settings.ts';
import { loadRules, type Ruleset } from '../../rule/load.ts';
import { durationText } from '../../shared/duration.ts';
import { messageOf } from '../../shared/errors.ts';
import { openStore } from '../../store/store.ts';
import { feedsOf, logsourceText, unfed } from '../feeding.ts';
import { configuredRuleFiles } from '../load.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const DAY_MS = 86_400_000;
/** Tables and context stores older than this are believed by nobody. */
const OLD_DAYS = 30;
/** Free space below this stops an engine within hours. */
const LITTLE_BYTES = 1024 ** 3;

/** The process: its Node, its flags. */
export function processFindings(): readonly Finding[] {
  const major = Number.parseInt(process.versions.node, 10);
  const generates = (() => {
    try {
      new Function('return 1')();
      return true;
    } catch {
      return false;
    }
  })();
  const proto = Object.hasOwn(Object.prototype, '__proto__');
  return [
    major >= 24
      ? ok('node', process.version)
      : fail('node', `${process.version} is too old`, 'install Node 24, or start with npx wardline'),
    generates
      ? fail(
          'flags',
          'this process can make code out of text',
          'start it as npx wardline, which sets --disallow-code-generation-from-strings',
        )
      : ok('flags', 'no code is made out of text'),
    proto
      ? warn('flags', '__proto__ is there', 'start it as npx wardline, which sets --disable-proto=delete')
      : ok('flags', '__proto__ is gone'),
  ];
}

/** Rules: errors, and those that no source can feed. */
export function ruleFindings(
  settings: Settings,
  baseDir: string,
  config: string,
): { readonly findings: readonly Finding[]; readonly ruleset: Ruleset | undefined } {
  try {
    const { ruleset, problems } = loadRules(configuredRuleFiles(settings, baseDir), {
      placeholders: placeholderValues(settings.placeholders, baseDir),
    });
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    const hungry = unfed(ruleset, feedsOf(settings));
    const wanted = [...new Set(hungry.map(({ logsource }) => logsourceText(logsource ?? {})))];
    return {
      ruleset,
      findings: [
        errors > 0
          ? fail('rules', `${errors} ${errors === 1 ? 'error' : 'errors'}`, `run: wardline check -c ${config}`)
          : ruleset.byId.size === 0
            ? warn('rules', 'there is no rule: nothing can alert', 'run: wardline new sigma my_rule')
            : ok('rules', `${ruleset.byId.size} rules, ruleset ${ruleset.digest.slice(0, 12)}`),
        ...(hungry.length === 0
          ? []
          : [
              warn(
                'rules',
                `no source feeds ${hungry.length} rules, which want ${wanted.slice(0, 3).join('; ')}${wanted.length > 3 ? ' and others' : ''}`,
                `add a source, or name its logsource; see: wardline coverage -c ${config}`,
              ),
            ]),
      ],
    };
  } catch (error) {
    return { ruleset: undefined, findings: [fail('rules', messageOf(error), 'correct "rules" in the settings')] };
  }
}

/** Files that sources read, tables and their age. */
export function fileFindings(settings: Settings, baseDir: string, now: number): readonly Finding[] {
  const files = settings.sources.flatMap((source) =>
    source.kind === 'file' ? [{ name: source.name, path: resolve(baseDir, source.path), followed: source.mode === 'follow' }] : [],
  );
  const tables = Object.values(settings.enrich)
    .flat()
    .map((path) => resolve(baseDir, path));
  return [
    ...files.map(({ name, path, followed }) =>
      existsSync(path)
        ? ok(`source ${name}`, path)
        : followed
          ? warn(`source ${name}`, `there is no file or folder ${path} yet; it is waited for`, 'correct "path" if it will not come')
          : fail(`source ${name}`, `there is no file or folder ${path}`, 'correct "path", or wait for it with mode: follow'),
    ),
    ...tables.map((path) => {
      if (!existsSync(path)) return fail('table', `there is no file ${path}`, 'correct "enrich" in the settings');
      const days = Math.floor((now - statSync(path).mtimeMs) / DAY_MS);
      return days > OLD_DAYS
        ? warn('table', `${path} is ${days} days old`, 'fetch it again; tables are read at start')
        : ok('table', `${path}, ${days} days old`);
    }),
  ];
}

/** Why an engine could not write its store; undefined: it could. What is tried is taken away again. */
function unwritable(path: string, folder: string): string | undefined {
  try {
    rmdirSync(mkdtempSync(join(folder, '.wardline-doctor-')));
    if (existsSync(path)) accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The store: can it be read and written, is there room. */
export function storeFindings(settings: Settings, baseDir: string): readonly Finding[] {
  const path = resolve(baseDir, settings.state.path);
  const folder = dirname(path);
  if (!existsSync(folder)) return [fail('store', `there is no folder ${folder}`, 'make it, or correct "state.path"')];
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const room =
    free < LITTLE_BYTES
      ? warn('disk', `${Math.round(free / 1024 ** 2)} MiB are free at ${folder}`, 'make room, or move the store')
      : ok('disk', `${Math.round(free / 1024 ** 3)} GiB are free`);
  const fault = unwritable(path, folder);
  if (fault !== undefined)
    return [
      fail(
        'store',
        `this user cannot write ${path}, or beside it: ${fault}`,
        'give the folder to the user of the engine, or correct "state.path"',
      ),
      room,
    ];
  if (!existsSync(path)) return [ok('store', `${path} will be made at the first run`), room];
  try {
    const store = openStore(path, { readOnly: true });
    const alerts = store.alerts.count();
    store.close();
    return [ok('store', `${path}, ${alerts} alert documents`), room];
  } catch (error) {
    return [fail('store', messageOf(error), 'stop the engine that holds it, or restore it from a copy'), room];
  }
}

/** The longest time any rule looks back, in ms: what a log must keep for a replay. */
export function longestWindow(ruleset: Ruleset | undefined): { readonly ms: number; readonly text: string } {
  const longest = (ruleset?.correlations ?? []).reduce((most, { timespan }) => (timespan > most ? timespan : most), 0n);
  return { ms: Number(longest / 1_000_000n), text: durationText(longest) };
}
