import type { CorrelateStats } from '../correlate/correlator.ts';
import type { ReceiverState } from '../store/outbox.ts';

/** `restoring`: state is read back and nothing is evaluated yet. */
export type Phase = 'restoring' | 'running' | 'stopping';

export type SourceStatus = {
  readonly name: string;
  readonly kind: string;
  /** `waiting`: nothing came since the start; `ended`: nothing will. */
  readonly state: 'waiting' | 'reading' | 'quiet' | 'stalled' | 'ended';
  readonly records: number;
  readonly partitions: number;
  readonly lastRecordAt: string | undefined;
  readonly silentSeconds: number;
  /** What lies there unread; undefined where nobody can say, as with a pipe. */
  readonly lag: number | undefined;
  readonly lagUnit: 'records' | 'bytes';
  /** How far the newest event lies behind now; undefined before the first. */
  readonly behindSeconds: number | undefined;
};

export type SinkStatus = {
  readonly name: string;
  readonly kind: string;
  readonly state: ReceiverState['state'];
  readonly since: string | undefined;
  readonly reason: string | undefined;
  readonly waiting: number;
  readonly dead: number;
  /** Since the first failed call of the oldest delivery that waits. */
  readonly oldestSeconds: number;
};

/** A role of the distributed form in this process. */
export type StageStatus = {
  readonly stage: string;
  readonly partitions: number;
  readonly restoring: number;
  readonly lag: number;
  readonly stalled: boolean;
};

/** What the engine is doing, for people and probes; holds no event data. Times are ISO 8601. */
export type EngineStatus = {
  readonly version: string;
  readonly form: 'embedded' | 'distributed';
  readonly tenant: string;
  readonly phase: Phase;
  readonly startedAt: string;
  readonly ruleset: { readonly digest: string; readonly rules: number; readonly activatedAt: string } | undefined;
  /** Rule files with errors: the version before runs, or none. */
  readonly brokenRules: readonly string[];
  readonly sources: readonly SourceStatus[];
  readonly sinks: readonly SinkStatus[];
  readonly stages: readonly StageStatus[];
  readonly state: CorrelateStats | undefined;
  readonly checkpointAt: string | undefined;
  readonly ledger: { readonly entries: number; readonly head: string; readonly at: string } | undefined;
  /** Connections whose checks are switched off in the settings. */
  readonly insecure: readonly string[];
};
