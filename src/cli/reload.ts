import { relative } from 'node:path';
import { placeholderValues } from '../config/placeholders.ts';
import type { Settings } from '../config/settings.ts';
import type { RuleBundle } from '../pipeline/run-options.ts';
import { createRuleFileReader } from '../rule/files.ts';
import type { LoadContext } from '../rule/front-end.ts';
import type { Ruleset } from '../rule/load.ts';
import { problemText } from '../rule/problem.ts';
import { diffText, rulesetDiff } from '../rule/ruleset-diff.ts';
import { createRulesetLoader, type Update } from '../rule/ruleset-loader.ts';
import type { RuleFile } from '../rule/yaml.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { configuredRuleFiles } from './load.ts';

/** Somebody may ask for a look at the settings as well (SIGHUP). */
export type Asked = {
  /** True once for every time that somebody asked. */
  readonly take: () => boolean;
  /** The settings as they are now; throws with every problem. */
  readonly settings: () => Settings;
};

export type Reloader = {
  readonly first: Update;
  /** The ruleset to go on with, where its logic or its texts changed. */
  readonly next: () => Ruleset | undefined;
  /** Files with errors, whose old version runs or none, and why nothing could be read, where that is so. */
  readonly broken: () => readonly string[];
  /** What the distributed form makes active, with paths from the settings on; the same object while nothing changed. */
  readonly bundle: () => RuleBundle;
  /** What `first` was compiled of. */
  readonly firstBundle: RuleBundle;
};

type Inputs = { readonly files: readonly RuleFile[]; readonly context: LoadContext };

/** Settings that a running engine takes up; all others count from the next start on. */
const TAKEN: readonly string[] = ['rules', 'placeholders', 'context'];

/**
 * Looks at the rule files when asked and gives the new ruleset when its logic or its texts changed. A broken file keeps
 * its old version; what happened is logged either way, once per change.
 */
export function rulesetReloader(settings: Settings, baseDir: string, logger: Logger, asked?: Asked): Reloader {
  const reader = createRuleFileReader();
  const read = (of: Settings): Inputs => ({
    files: configuredRuleFiles(of, baseDir, reader),
    context: { placeholders: placeholderValues(of.placeholders, baseDir) },
  });
  let current = settings;
  const start = read(settings);
  let { context } = start;
  let looked = start;
  const loader = createRulesetLoader(context);
  const first = loader.update(start.files);
  let running: Ruleset = first.ruleset;
  let broken = brokenFiles(first, baseDir);
  let away: string | undefined;

  /** What there is now; after somebody asked, by the settings as they are now and with placeholders read again. */
  const look = (): { readonly inputs: Inputs; readonly wasAsked: boolean } => {
    if (asked?.take() !== true) {
      const files = configuredRuleFiles(current, baseDir, reader);
      return { inputs: { files, context }, wasAsked: false };
    }
    const next = changedSettings(current, asked, logger);
    const inputs = read(next);
    current = next;
    context = inputs.context;
    return { inputs, wasAsked: true };
  };

  const bundleOf = ({ files, context: { placeholders } }: Inputs): RuleBundle => ({
    files: files.map((file) => ({ ...file, path: relative(baseDir, file.path) })),
    placeholders,
  });
  const firstBundle = bundleOf(start);
  let bundled = { of: start, bundle: firstBundle };

  return {
    first,
    firstBundle,
    broken: () => (away === undefined ? broken : [...broken, away]),
    bundle() {
      const { inputs } = look();
      if (!same(inputs, bundled.of)) bundled = { of: inputs, bundle: bundleOf(inputs) };
      return bundled.bundle;
    },
    next() {
      let found: ReturnType<typeof look>;
      try {
        found = look();
      } catch (error) {
        const why = messageOf(error);
        if (away !== why) logger.warn({ error: why }, 'the rules cannot be read; going on with those that run');
        away = why;
        return undefined;
      }
      if (away !== undefined) logger.info({}, 'the rules can be read again');
      away = undefined;
      const unchanged = same(found.inputs, looked);
      looked = found.inputs;
      if (unchanged) {
        if (found.wasAsked) logger.info({ ruleset: running.digest.slice(0, 12) }, 'rules were read again, as asked: nothing changed');
        return undefined;
      }
      const update = loader.update(found.inputs.files, found.inputs.context);
      const { ruleset, problems, kept } = update;
      broken = brokenFiles(update, baseDir);
      const difference = rulesetDiff(running, ruleset);
      running = ruleset;
      for (const problem of problems)
        if (problem.severity === 'error') logger.error({ problem: problemText(problem) }, 'a rule file has an error');
      if (kept.length > 0) logger.error({ kept }, 'these files keep their old version until they are mended');
      const { added, removed, changed } = difference;
      const about = { added, removed, changed: changed.map(({ id }) => id), ruleset: ruleset.digest.slice(0, 12) };
      if (broken.length === 0) logger.info(about, `rules were read again: ${diffText(difference)}`);
      else
        logger.warn(
          { ...about, broken },
          `rules were read again, without ${broken.length === 1 ? 'a file that has' : `${broken.length} files that have`} errors: ${diffText(difference)}`,
        );
      if (ruleset.byId.size === 0) logger.warn({}, 'there is no rule any more: nothing can alert');
      return ruleset;
    },
  };
}

const brokenFiles = ({ problems }: Update, baseDir: string): readonly string[] =>
  [...new Set(problems.flatMap(({ severity, place }) => (severity === 'error' ? [relative(baseDir, place.file)] : [])))].sort();

/** The reader gives the same array while no text changes; placeholders that were read again are other objects. */
const same = (a: Inputs, b: Inputs): boolean =>
  a.files === b.files && (a.context === b.context || JSON.stringify(a.context) === JSON.stringify(b.context));

/** The settings as they are now; with errors in them those that run. What cannot be taken up is named. */
function changedSettings(current: Settings, asked: Asked, logger: Logger): Settings {
  let next: Settings;
  try {
    next = asked.settings();
  } catch (error) {
    logger.error({ error: messageOf(error) }, 'the settings have errors; going on with those that run');
    return current;
  }
  const later = Object.keys(next).filter(
    (key) => !TAKEN.includes(key) && textOf(next[key as keyof Settings]) !== textOf(current[key as keyof Settings]),
  );
  if (later.length > 0) logger.warn({ settings: later }, 'these settings changed and count from the next start on');
  return { ...current, rules: next.rules, placeholders: next.placeholders, context: next.context };
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member)) ?? '';
