import type { Settings } from '../config/settings.ts';
import type { Ruleset } from '../rule/load.ts';
import type { RuleFile } from '../rule/yaml.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { AlertDocument } from '../sink/sink.ts';
import type { Source } from '../source/source.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Heap } from './heap-guard.ts';
import type { LossCount } from './losses.ts';
import type { QuietCount } from './quiet-rules.ts';

/** Everything that processes of the distributed form must have alike of the rules. */
export type RuleBundle = {
  readonly files: readonly RuleFile[];
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
};

/** What a run of the engine needs from outside; the composition root builds the rest. */
export type RunOptions = {
  readonly settings: Settings;
  readonly ruleset: Ruleset;
  /** Read in place of the sources of the settings, under their names: a replay opens its own. */
  readonly inputs?: readonly Source[];
  /** Relative paths of the settings count from here. */
  readonly baseDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the run tells of itself; left out, nothing is counted. */
  readonly telemetry?: Telemetry;
  /** Standard output, for the console sink. */
  readonly write: (text: string) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** Asked every few seconds: another ruleset to go on with, or nothing. */
  readonly reload?: () => Ruleset | undefined;
  /** Rule files with errors: the version before runs, or none. */
  readonly brokenRules?: () => readonly string[];
  /** The rules as they are now, with paths from the settings on; what the distributed form makes active. */
  readonly ruleBundle?: () => RuleBundle;
  /** What `ruleset` was compiled of: a process that makes it active, or finds it so, compiles it once. */
  readonly rulesetOf?: RuleBundle;
  /** At the start, in the distributed form: the rules of this process become those of all. */
  readonly activate?: boolean;
  /** At the end of the inputs open windows are kept for the next run, and not decided. */
  readonly keepOpen?: boolean;
  /** Asked every second how full the heap is; left out: that of the process. */
  readonly heap?: () => Heap;
  /** Aborted to stop: what is in hand is finished, stored and delivered. */
  readonly signal: AbortSignal;
};

export type Progress = { readonly records: number; readonly events: number; readonly alerts: number };

export type RunSummary = Progress & {
  readonly deadLetters: number;
  /** Events by what is doubtful about them. */
  readonly tags: ReadonlyMap<string, number>;
  readonly byLevel: ReadonlyMap<string, number>;
  /** Deliveries that still wait, per sink: kept in the store and tried at the next start. */
  readonly waiting: ReadonlyMap<string, number>;
  /** Deliveries that were given up or refused, per sink: kept with their reason. */
  readonly dead: ReadonlyMap<string, number>;
  /** Receivers that said they want nothing more: they are not called until somebody enables them. */
  readonly disabled: readonly string[];
  readonly opened: readonly AlertDocument[];
  readonly resumed: boolean;
  /** Events that came behind the watermark of their partition, per source. */
  readonly late?: ReadonlyMap<string, number>;
  /** What rules could not use, or let go. */
  readonly losses?: readonly LossCount[];
  /**
   * Windows that were open at the end of the inputs, whether they were kept, and how many of them stayed undecided (`cut`)
   * because their time lies beyond it; undefined: the inputs did not end.
   */
  readonly open?: { readonly windows: number; readonly kept: boolean; readonly cut: number };
  /** What shadow and canary rules would have alerted. */
  readonly quiet?: readonly QuietCount[];
};

/** Runs the engine until its inputs end or it is stopped. */
export type RunEngine = (options: RunOptions) => Promise<RunSummary>;
