import type { DeadLetterReason } from '../event/dead-letter.ts';
import type { Origin } from '../event/raw-record.ts';
import type { Nanos } from '../event/time.ts';
import type { ExceptionEffect } from '../rule/ir/exception.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { Proof } from './entry.ts';

/** Cause of a `rule-fault` that is none: groups were new, and nothing could be said of them yet. Reports do not count it against the rule. */
export const BASELINE_LEARNING = 'baseline learning';

/** Events of one minute and type: what continuity and presence are decided from. */
export type MinuteRow = {
  readonly minute: number;
  readonly type: string;
  readonly events: number;
  readonly unparsed: number;
  readonly late: number;
  /** Milliseconds within the minute of its first and last event. */
  readonly first: number;
  readonly last: number;
};

/** Offsets `from` up to, not including, `to` that were not in a batch, with the minutes of the events around them. */
export type Jump = {
  readonly from: bigint;
  readonly to: bigint;
  readonly afterMinute: number | undefined;
  readonly beforeMinute: number | undefined;
};

/** What a batch of records became; plain data, made by a tally. */
export type BatchCounts = {
  readonly records: number;
  readonly decoded: number;
  readonly dead: number;
  readonly discarded: number;
  readonly unaccounted: number;
  readonly events: number;
  readonly unparsed: number;
  readonly late: number;
  readonly deadLetters: ReadonlyMap<string, number>;
  /** Events by what is doubtful about them; not part of the ledger. */
  readonly tags: ReadonlyMap<string, number>;
  readonly rows: readonly MinuteRow[];
  readonly matches: readonly { readonly minute: number; readonly rule: RuleId; readonly count: number }[];
  /** Records without events, by the minute of the event before them in this batch; undefined: before its first event. */
  readonly losses: readonly { readonly minute: number | undefined | null; readonly reason: string; readonly count: number }[];
  /** Jumps between neighbouring offsets; with `offsets` or `counter` as proof they are losses. The last one may span several. */
  readonly jumps: readonly Jump[];
  readonly firstOffset: bigint | undefined;
  readonly lastOffset: bigint | undefined;
  /** Minutes of the first and last event in offset order. */
  readonly firstMinute: number | undefined;
  readonly lastMinute: number | undefined;
  /** Latest append time, ms since the epoch. */
  readonly appendedAt: number | undefined;
};

/** What one exception did to one match: hidden (`suppress`), or its alert is lower or says so; `filter`: a filter kept it back. */
export type ExceptedMatch = {
  readonly exception: string;
  /** The rule the exception was written for; the match is of `detection`, or feeds it. */
  readonly rule: RuleId;
  readonly detection: RuleId;
  readonly effect: ExceptionEffect | 'filter';
  readonly time: Nanos;
  readonly origin: Origin;
};

/** An exception in force, as the ledger keeps it; times are ms since the epoch. */
export type ActiveException = {
  readonly id: string;
  readonly digest: string;
  readonly rules: readonly RuleId[];
  readonly owner: string;
  readonly ticket: string | undefined;
  readonly reason: string;
  readonly starts: number;
  readonly expires: number;
  readonly effect: ExceptionEffect;
};

export type RuleState = 'active' | 'disabled' | 'error';
export type ActiveRule = {
  readonly id: RuleId;
  /** Logic digest, lower-case hex SHA-256. */
  readonly digest: string;
  readonly level: string;
  readonly controls: readonly string[];
  readonly state: RuleState;
};

/** What the pipeline tells the ledger. Every time comes in here: `at` and the like are ms since the epoch. */
export type LedgerObservation =
  | {
      readonly kind: 'activation';
      readonly at: number;
      readonly ruleset: string;
      readonly engine: string;
      readonly config: string;
      readonly rules: readonly ActiveRule[];
    }
  | {
      readonly kind: 'batch';
      readonly source: string;
      readonly partition: number;
      /** Default `offsets`: dense, so that a hole is a loss. With `bytes`, `from` and `next` say what range was read. */
      readonly proof?: Proof;
      readonly from?: bigint;
      readonly next?: bigint;
      /** True: nothing follows in this partition. */
      readonly ended?: boolean;
      readonly counts: BatchCounts;
    }
  | {
      readonly kind: 'gap';
      readonly at: number;
      readonly source: string;
      readonly partition: number;
      /** Offsets from `from` up to, not including, `to`; undefined when the range is not known. */
      readonly from: bigint | undefined;
      readonly to: bigint | undefined;
      readonly cause: string;
    }
  /** Exceptions of the ruleset that was activated just before; a ruleset without any has no such entry. */
  | { readonly kind: 'exceptions'; readonly at: number; readonly ruleset: string; readonly exceptions: readonly ActiveException[] }
  | { readonly kind: 'excepted'; readonly matches: readonly ExceptedMatch[] }
  | { readonly kind: 'silence'; readonly at: number; readonly source: string; readonly since: number; readonly cause: string }
  | { readonly kind: 'resumed'; readonly at: number; readonly source: string; readonly since: number }
  /** The source had nothing more to read at `at`. */
  | { readonly kind: 'caught-up'; readonly at: number; readonly source: string; readonly partition: number }
  | {
      readonly kind: 'alerts';
      /** One per alert document; `createdAt` is the append time of the record that caused it. */
      readonly alerts: readonly {
        readonly id: string;
        readonly rule: RuleId;
        readonly stage: string;
        readonly time: Nanos;
        readonly createdAt: number;
      }[];
    }
  | {
      readonly kind: 'delivery';
      readonly at: number;
      readonly sink: string;
      readonly outcomes: readonly { readonly id: string; readonly outcome: 'stored' | 'duplicate' | 'retry' | 'rejected' }[];
    }
  /** Where a dead letter lies; the counts come with the batch. `sha256` is of its bytes. */
  | {
      readonly kind: 'dead-letter';
      readonly source: string;
      readonly partition: number;
      readonly offset: bigint;
      readonly reason: DeadLetterReason;
      readonly sha256: string;
    }
  /** State of `rule` was dropped to keep within its budget: the interval of event time is not fully evaluated. */
  | {
      readonly kind: 'eviction';
      readonly at: number;
      readonly rule: RuleId;
      readonly count: number;
      readonly from: number;
      readonly to: number | undefined;
    }
  /** `rule` could not be evaluated in an interval of event time. */
  | {
      readonly kind: 'rule-fault';
      readonly at: number;
      readonly rule: RuleId;
      readonly cause: string;
      readonly from: number;
      readonly to: number | undefined;
    }
  | { readonly kind: 'canary'; readonly at: number; readonly id: string; readonly slot: string; readonly step: 'injected' | 'seen' }
  | {
      readonly kind: 'attestation';
      readonly at: number;
      readonly id: string;
      readonly by: string;
      readonly statement: 'met' | 'not-met';
      readonly from: number;
      readonly until: number;
      readonly note: string;
    }
  /** An operator's action, observed before it takes effect; digests are lower-case hex SHA-256. */
  | {
      readonly kind: 'audit';
      readonly at: number;
      readonly actor: string;
      readonly address: string;
      readonly action: string;
      readonly object: string;
      readonly before: string | undefined;
      readonly after: string | undefined;
      readonly reason: string;
    }
  | { readonly kind: 'shutdown'; readonly at: number; readonly reason: string };
