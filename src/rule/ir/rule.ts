import type { Logsource } from '../../event/event.ts';
import type { Nanos } from '../../event/time.ts';
import type { Place } from '../../shared/errors.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { MatchAnomaly, PaneAnomaly } from './anomaly.ts';
import type { Condition as ConditionTree, Keys, WindowFactName } from './condition.ts';
import type { Decorator, Expr, JsonOperator } from './expr.ts';
import type { Policy } from './policy.ts';

/** A rule's `id`, or its `name` where it has no id. Unique in a ruleset. */
export type RuleId = string;

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

export type AlertMeta = {
  /** 0-100, in place of the level's. */
  readonly riskScore?: number;
  /** Feeds other rules and is stored, but nobody is notified. */
  readonly buildingBlock: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** In order; the first that holds gives the alert its level in place of the rule's. */
  readonly severity?: readonly SeverityCase[];
  /** Quiet: it is run and counted, and nobody is told. A canary is also held against the rule that it is to replace. */
  readonly mode?: 'shadow' | 'canary';
  readonly canaryOf?: string;
};

/** Holds for an alert of at least `count` events that all have one of the values of each field. */
export type SeverityCase = {
  readonly level: Level;
  readonly count?: number;
  readonly fields: Readonly<Record<string, readonly string[]>>;
};

/** What an author says about a rule besides its logic; copied into alerts, never part of the logic digest. */
export type RuleMeta = {
  readonly title: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly level: Level;
  readonly status: string | undefined;
  readonly author: readonly string[];
  readonly references: readonly string[];
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  readonly license: string | undefined;
  /** Control ids such as `nist-800-53:ac-7` (the `wardline.controls` key of a rule). */
  readonly controls: readonly string[];
  /** What the rule says about its alerts (`wardline.alert`, `wardline.labels`). */
  readonly alert?: AlertMeta;
  readonly place: Place;
};

/** Which rule language a rule was written in. */
export type Language = 'sigma' | 'json-rules' | 'policy';

/** How matches of a detection that alerts alone fold into one alert: by these fields, within this pause. */
export type Dedup = { readonly by: readonly string[]; readonly within: Nanos } | 'each';

/** What a json rule says when it holds: a name, and parameters that an alert carries; `{fact}` there is a field of the event. */
export type RuleEvent = { readonly type: string; readonly params: Readonly<Record<string, RuleParam>> };
export type RuleParam = { readonly value: JsonValue } | { readonly field: string; readonly keys: Keys };

/** A rule over one event. */
export type Detection = {
  readonly kind: 'detection';
  readonly id: RuleId;
  readonly language: Language;
  /** Undefined: every event is asked (json-rules and policies scope themselves by conditions). */
  readonly logsource: Logsource | undefined;
  readonly expr: Expr;
  readonly meta: RuleMeta;
  readonly dedup: Dedup;
  /** False: the rule only feeds correlations (`generate: false` there) and opens no alert of its own. */
  readonly alerts: boolean;
  /** SHA-256 (hex) over what decides: expression, log source, dedup. An edit of prose keeps it. */
  readonly logicDigest: string;
  /** `expr` is a rule and the conditions of its filters; told apart, so that what each filter keeps back is counted. */
  readonly filtered?: { readonly without: Expr; readonly filters: readonly { readonly id: string; readonly expr: Expr }[] };
  /** What a zero-trust policy asks, to say of a violation which check failed; undefined for other rules. */
  readonly policy?: Policy;
  /** Rules of a higher one come first among those that hold for an event; 1 where it is not said. */
  readonly priority?: number;
  readonly event?: RuleEvent;
  readonly join?: Join;
  /** What is left to ask of facts from outside; `expr` selects the events it may hold for. */
  readonly asks?: { readonly condition: ConditionTree; readonly facts: readonly LookupFact[] };
};

/** A fact from outside: what it is asked by, how long an answer may take and is believed, and what a failure means. */
export type LookupFact = {
  readonly name: string;
  readonly of: readonly string[];
  readonly timeoutMs: number;
  readonly cacheMs: number;
  /** `missing`: as if there were no such fact; a value: as if that had been the answer. */
  readonly onFailure: 'no-match' | 'match' | 'missing' | { readonly value: JsonValue };
};

/**
 * How an access and the decision behind it find each other: an access by the first key that it has, a decision by every
 * one, a span by the ids of the links it may be an end of; written to the match as `wardline.join`. `revisions` names the approved revisions of the decision's policy.
 */
export type Join = {
  readonly role: 'access' | 'decision' | 'span';
  readonly keys: readonly JoinKey[];
  readonly revisions: string | undefined;
};
export const JOIN_KEYS = ['decision-id', 'request', 'session', 'trace', 'tuple'] as const;
export type JoinKey = (typeof JOIN_KEYS)[number];

/** One `group-by` field; `fields` names it per member where aliases differ from the common name. */
export type GroupField = { readonly name: string; readonly fields: ReadonlyMap<RuleId, string> };

/** Matches that are kept of one group of a stateful rule; beyond, the oldest go and are counted. */
export const MAX_GROUP_MATCHES = 65_536;

export type Threshold = { readonly compare: 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly value: number };

/** What must hold for a group within the window; kinds and meaning as the Sigma correlation specification. */
export type Condition =
  | { readonly kind: 'event_count'; readonly thresholds: readonly Threshold[] }
  | { readonly kind: 'value_count'; readonly fields: readonly string[]; readonly thresholds: readonly Threshold[] }
  | {
      readonly kind: 'value_sum' | 'value_avg' | 'value_median' | 'value_percentile';
      readonly field: string;
      readonly percentile: number | undefined;
      readonly thresholds: readonly Threshold[];
      /** True: negative values are left out, so that a sum only grows; undefined: as the field's name says. */
      readonly nonNegative?: boolean;
      /** With fewer numbers in the window it does not hold (default 1). */
      readonly minEvents?: number;
    }
  /** A group that had `minSeen` matches within `remember`, and then none for the timespan. */
  | { readonly kind: 'absence'; readonly minSeen: number; readonly remember: Nanos }
  /** First seen: a tuple of values the group did not have within `forget`, once it is `learn` old. */
  | {
      readonly kind: 'new_value';
      readonly fields: readonly string[];
      readonly learn: Nanos;
      readonly forget: Nanos;
      readonly newGroup: 'learn' | 'alert';
    }
  | AsOf
  | WindowFacts
  | TraceCheck
  | ServiceEdge
  | PaneAnomaly
  | MatchAnomaly
  | { readonly kind: 'temporal'; readonly ordered: boolean; readonly thresholds: readonly Threshold[] }
  | { readonly kind: 'temporal_expression'; readonly ordered: boolean; readonly expression: MemberExpr }
  | { readonly kind: 'sequence'; readonly sequence: Sequence };

/** Steps in order, and what must not come before, between and after them. */
export type Sequence = {
  /** `maxGap` bounds the time since the step before. */
  readonly steps: readonly { readonly rule: RuleId; readonly maxGap?: Nanos }[];
  /**
   * No match of `rule` after the first `at` steps and before the next. Before the first and after the last step it
   * concerns `within`; left out, the window that the steps must fit in.
   */
  readonly absent: readonly { readonly rule: RuleId; readonly at: number; readonly within?: Nanos }[];
  /** A match of this rule ends every chain under way. */
  readonly until?: RuleId;
};

/** A question to each trace of spans, asked `idle` after its last span or `max` after its first. */
export type TraceCheck = {
  readonly kind: 'trace';
  /** The member that every span is a match of. */
  readonly span: RuleId;
  readonly idle: Nanos;
  readonly max: Nanos;
  readonly ask: TraceAsk;
  readonly fields: readonly string[];
};

export const TRACE_RELATIONS = ['parent', 'child', 'ancestor', 'descendant', 'log'] as const;

export type TraceAsk =
  /** A span that is a match of `match` has (or lacks) such a relative; `log`: a log record that names the span. */
  | {
      readonly op: 'relative';
      readonly match: RuleId;
      readonly relation: (typeof TRACE_RELATIONS)[number];
      readonly other: RuleId;
      readonly name: string;
      readonly has: boolean;
    }
  | { readonly op: 'missing'; readonly rule: RuleId; readonly name: string }
  | { readonly op: 'order'; readonly first: RuleId; readonly then: RuleId; readonly name: string }
  | { readonly op: 'services'; readonly atLeast: number }
  | { readonly op: 'errors'; readonly atLeast: number; readonly match: RuleId | undefined }
  | { readonly op: 'timeout'; readonly after: Nanos }
  | { readonly op: 'parent_missing' };

/** A call between two services that is not among the known ones: a client span and the server span below it. */
export type ServiceEdge = {
  readonly kind: 'service_edge';
  readonly client: RuleId;
  readonly server: RuleId;
  readonly known: readonly (readonly [string, string])[];
  readonly fields: readonly string[];
};

/** A condition tree over values of windows that end at a match of `asked`. */
export type WindowFacts = {
  readonly kind: 'window_facts';
  readonly asked: RuleId;
  readonly tree: WindowNode;
  /** True: more matches can only make it true. */
  readonly monotone: boolean;
  /** Every field that a fact reads. */
  readonly fields: readonly string[];
};

export type WindowNode =
  | { readonly op: 'all' | 'any'; readonly of: readonly WindowNode[] }
  | { readonly op: 'not'; readonly of: WindowNode }
  /** The event asked about is a match of this member too. */
  | { readonly op: 'member'; readonly rule: RuleId }
  | {
      readonly op: 'fact';
      readonly fact: WindowFact;
      readonly operator: JsonOperator;
      readonly decorators: readonly Decorator[];
      readonly value: JsonValue;
    };

export type WindowFact = {
  readonly name: WindowFactName;
  /** Members that are counted, or the steps. */
  readonly members: readonly RuleId[];
  readonly within: Nanos;
  readonly fields: readonly string[];
  readonly percentile: number | undefined;
};

/**
 * Each match of `subject` is held against the latest match of `reference` from `within` before it to `skew` after it: the
 * decision behind an access, the last posture report, the revocation of a session.
 */
export type AsOf = {
  readonly kind: 'as_of';
  readonly subject: RuleId;
  readonly reference: RuleId;
  readonly within: Nanos;
  readonly skew: Nanos;
  readonly findings: readonly AsOfFinding[];
  /** Every field that a finding reads. */
  readonly fields: readonly string[];
};

/** Fields and the texts of which one must be there. */
export type FieldValues = readonly { readonly field: string; readonly in: readonly string[] }[];

/** Something wrong about a subject and its reference; every part that is given must hold. */
export type AsOfFinding = {
  readonly id: string;
  readonly detector: string;
  /** There is no reference at all; nothing else is asked then. */
  readonly none?: true;
  /** There is one, and the subject is later than it by more than this. */
  readonly after?: Nanos;
  readonly record?: FieldValues;
  readonly access?: FieldValues;
  /** The subject is later than the instant in this field of the reference. */
  readonly expired?: string;
  /** The reference, or the instant in a field of it, is older than this at the subject. */
  readonly older?: { readonly than: Nanos; readonly field: string | undefined };
  /** Both have the field, and with another value. */
  readonly differs?: readonly string[];
  /** An earlier subject had the same reference. */
  readonly reused?: true;
};

/** A condition over members seen in the window (`a and not b`). */
export type MemberExpr =
  | { readonly op: 'and' | 'or'; readonly of: readonly MemberExpr[] }
  | { readonly op: 'not'; readonly of: MemberExpr }
  | { readonly op: 'member'; readonly rule: RuleId };

/** Keys of `wardline:` that say how a stateful rule groups and ends; what is left out has its default. */
export type CorrelationOptions = {
  /** How long after its last trigger an episode stays open (default: the timespan). */
  readonly keepAlive?: Nanos;
  /** A match that lacks a value of the group key is a group of its own (default: it is not correlated). */
  readonly missing?: 'group';
  /** Fields of the group key whose letter case does not matter. */
  readonly fold?: readonly string[];
  readonly maxGroups?: number;
};

/** A stateful rule: it holds for a group of matches of its members within a window of event time. */
export type Correlation = {
  readonly kind: 'correlation';
  readonly id: RuleId;
  /** Detections or other correlations, in the order written. */
  readonly members: readonly RuleId[];
  readonly groupBy: readonly GroupField[];
  readonly timespan: Nanos;
  readonly condition: Condition;
  readonly options: CorrelationOptions;
  /** True: members keep alerting alone. */
  readonly generate: boolean;
  /** False: it only feeds other correlations. */
  readonly alerts: boolean;
  readonly meta: RuleMeta;
  readonly logicDigest: string;
};

export type Rule = Detection | Correlation;
