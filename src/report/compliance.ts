import type { LedgerHead } from '../evidence/ledger.ts';
import { WardlineError } from '../shared/errors.ts';
import { type ControlPack, emptyProfile } from './control-pack.ts';
import { bindRoles, type Window } from './coverage.ts';
import { evaluateMeasure, type MeasureResult } from './evaluate.ts';
import { type History, readHistory } from './history.ts';
import type { Profile } from './pack-schema.ts';
import type { Reason } from './reason.ts';
import { type Interval, MINUTES_PER_DAY, MS_PER_MINUTE } from './series.ts';
import { type SourceReport, sourceReports } from './source-report.ts';
import { type ObjectiveResult, objectiveStatus, STATUS_ORDER, type Status } from './status.ts';

const MAX_PERIOD_DAYS = 3660;
/** Without a period asked for: one forged or very old time must not stretch the report over decades. */
const DEFAULT_PERIOD_DAYS = 366;

export type ReportOptions = {
  /** Ms of event time; whole minutes are taken. Default: from the first to the last event of the ledger, at most 366 days. */
  readonly period?: Interval | undefined;
  /** Ms at which evidence must not be expired. Default: the end of the period. */
  readonly asOf?: number | undefined;
  readonly profile?: Profile | undefined;
};

export type StatusCounts = Readonly<Record<Status, number>>;

export type ControlReport = {
  readonly id: string;
  readonly title: string;
  /** The worst of its objectives; never a bare "pass", always beside the counts. */
  readonly worst: Status;
  readonly counts: StatusCounts;
  /** Empty for a control of the baseline that no measure decides. */
  readonly objectives: readonly ObjectiveResult[];
  /** In a pack with stages: the highest stage that the evidence supports, with all below it; null = not even the lowest. */
  readonly stage?: string | null;
};

export type RuleCounts = {
  readonly ruleset: string;
  readonly rules: number;
  readonly active: number;
  readonly disabled: number;
  readonly error: number;
};

/** Everything a compliance report says; renderers add nothing to it. */
export type Report = {
  readonly schema: 'wardline.report.v1';
  readonly pack: {
    readonly id: string;
    readonly version: string;
    readonly title: string;
    readonly sha256: string;
    readonly catalog: ControlPack['catalog'];
  };
  readonly profile: { readonly organization: string | undefined; readonly system: string | undefined };
  readonly period: { readonly start: string; readonly end: string };
  readonly asOf: string;
  readonly scope: {
    readonly title: string;
    /** Objectives of the whole, objectives the pack speaks about, and of those the ones a measure decided. */
    readonly total: number;
    readonly covered: number;
    readonly assessed: number;
    readonly controls: { readonly total: number; readonly covered: number };
    readonly statement: string;
  };
  readonly counts: StatusCounts;
  readonly controls: readonly ControlReport[];
  readonly measures: readonly MeasureResult[];
  readonly sources: readonly SourceReport[];
  readonly rulesets: readonly RuleCounts[];
  readonly alerts: { readonly opened: number; readonly documents: number; readonly perRule: readonly (readonly [string, number])[] };
  readonly sinks: readonly {
    readonly sink: string;
    readonly stored: number;
    readonly duplicate: number;
    readonly rejected: number;
    readonly retries: number;
  }[];
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  readonly maps: readonly {
    readonly framework: string;
    readonly id: string;
    readonly methods: readonly { readonly measure: string; readonly verdict: string; readonly reasons: readonly Reason[] }[];
  }[];
  readonly audits: History['audits'];
  readonly ledger: {
    readonly head: LedgerHead;
    readonly fault: string | undefined;
    readonly engines: readonly string[];
    readonly configs: readonly string[];
    readonly activations: readonly { readonly seq: number; readonly at: string; readonly ruleset: string; readonly engine: string }[];
  };
};

/**
 * What a ledger says about the controls of a pack. Pure: the same entries, pack, profile, period and `asOf` give the
 * same report. Entries are verified on the way; throws WardlineError `usage` when there is no period to report on.
 */
export function buildReport(entries: Iterable<unknown>, pack: ControlPack, options: ReportOptions = {}): Report {
  const profile = options.profile ?? emptyProfile();
  const history = readHistory(entries);
  const period = periodOf(history, options.period);
  const span = { from: period.start * MS_PER_MINUTE, to: period.end * MS_PER_MINUTE };
  const asOfMs = options.asOf ?? span.to;
  const roles = bindRoles(pack, profile, history);
  const measures = pack.measures.map((measure) => evaluateMeasure(measure, { pack, roles, history, period, known: span }));
  const results = new Map(measures.map((result) => [result.measure.id, result]));
  const listed = Object.entries(pack.baseline ?? {}).map(([id, title]) => [id, { title, objectives: {} }] as const);
  const controls = inOrder({ ...Object.fromEntries(listed), ...pack.controls }).map(([id, { title, objectives }]) =>
    controlReport(
      id,
      title,
      inOrder(objectives).map(([objectiveId, objective]) =>
        objectiveStatus(objectiveId, objective, {
          results,
          profile,
          asOfMs,
          periodEndMs: span.to,
          integrityBroken: history.fault !== undefined,
        }),
      ),
      pack.stages,
    ),
  );
  const objectives = controls.flatMap((control) => control.objectives);
  return {
    schema: 'wardline.report.v1',
    pack: { id: pack.id, version: pack.version, title: pack.title, sha256: pack.sha256, catalog: pack.catalog },
    profile: { organization: profile.organization, system: profile.system },
    period: { start: new Date(span.from).toISOString(), end: new Date(span.to).toISOString() },
    asOf: new Date(asOfMs).toISOString(),
    scope: scopeOf(pack, objectives),
    counts: countStatus(objectives),
    controls,
    measures,
    sources: sourceReports(history, roles, period, span),
    rulesets: rulesetCounts(history),
    alerts: alertCounts(history, period),
    sinks: [...history.sinks].map(([sink, counts]) => ({ sink, ...counts })).sort((a, b) => (a.sink < b.sink ? -1 : 1)),
    parameters: Object.entries(pack.values)
      .map(([name, value]) => ({ name, value: [value].flat().join(', '), source: parameterSource(name, pack, profile) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    maps: pack.maps.map(({ framework, id, methods }) => ({
      framework,
      id,
      methods: methods.map((measure) => ({
        measure,
        verdict: results.get(measure)?.verdict ?? 'undecided',
        reasons: results.get(measure)?.reasons ?? [],
      })),
    })),
    audits: history.audits.filter(({ at }) => Date.parse(at) >= span.from && Date.parse(at) < span.to),
    ledger: {
      head: history.head,
      fault: history.fault,
      engines: [...new Set(history.activations.map(({ engine }) => engine))].sort(),
      configs: [...new Set(history.activations.map(({ config }) => config))].sort(),
      activations: history.activations.map(({ seq, at, ruleset, engine }) => ({ seq, at, ruleset, engine })),
    },
  };
}

function periodOf(history: History, asked: Interval | undefined): Window {
  const bounds = [...history.sources.values()].flatMap(({ all }) => all.bounds() ?? []);
  if (asked === undefined && bounds.length === 0) {
    throw new WardlineError('usage', 'the ledger holds no event, so there is no period to report on; give --from and --to');
  }
  const to = asked?.to ?? Math.max(...bounds.map((b) => b.to)) + 1;
  const earliest = to - DEFAULT_PERIOD_DAYS * MINUTES_PER_DAY * MS_PER_MINUTE;
  const from = asked?.from ?? Math.max(earliest, Math.min(...bounds.map((b) => b.from)));
  const period = { start: Math.floor(from / MS_PER_MINUTE), end: Math.ceil(to / MS_PER_MINUTE) };
  if (period.end <= period.start) throw new WardlineError('usage', 'the period is empty: its end must come after its start');
  if (period.end - period.start > MAX_PERIOD_DAYS * MINUTES_PER_DAY) {
    const [a, b] = [period.start, period.end].map((minute) => new Date(minute * MS_PER_MINUTE).toISOString());
    throw new WardlineError('usage', `the period ${a} to ${b} is longer than ${MAX_PERIOD_DAYS} days; give --from and --to`);
  }
  return period;
}

function countStatus(objectives: readonly ObjectiveResult[]): StatusCounts {
  const of = (status: Status): number => objectives.filter((objective) => objective.status === status).length;
  return {
    satisfied: of('satisfied'),
    'not-satisfied': of('not-satisfied'),
    degraded: of('degraded'),
    'not-assessed': of('not-assessed'),
    'not-applicable': of('not-applicable'),
  };
}

function controlReport(
  id: string,
  title: string,
  objectives: readonly ObjectiveResult[],
  stages: readonly string[] | undefined,
): ControlReport {
  const worst = STATUS_ORDER.find((status) => objectives.some((objective) => objective.status === status)) ?? 'not-assessed';
  const control = { id, title, worst, counts: countStatus(objectives), objectives };
  return stages === undefined ? control : { ...control, stage: stageOf(objectives, stages) };
}

/** A stage is supported when it and every stage below it has objectives and all of them are satisfied. */
function stageOf(objectives: readonly ObjectiveResult[], stages: readonly string[]): string | null {
  let reached: string | null = null;
  for (const stage of stages) {
    const wanted = objectives.filter(({ id }) => id.endsWith(`.${stage}`));
    if (wanted.length === 0 || wanted.some(({ status }) => status !== 'satisfied')) break;
    reached = stage;
  }
  return reached;
}

function scopeOf(pack: ControlPack, objectives: readonly ObjectiveResult[]): Report['scope'] {
  const { title, objectives: total } = pack.scope;
  const controls = { total: pack.scope.controls, covered: Object.keys(pack.controls).length };
  const covered = objectives.length;
  const assessed = objectives.filter(({ status }) => status !== 'not-assessed' && status !== 'not-applicable').length;
  const statement = `This report covers ${covered} of ${total} objectives and ${controls.covered} of ${controls.total} controls of ${title}: ${assessed} objectives were assessed, ${total - assessed} were not. It is evidence, not certification.`;
  return { title, total, covered, assessed, controls, statement };
}

function rulesetCounts(history: History): RuleCounts[] {
  return [...history.rulesets]
    .map(([ruleset, rules]) => {
      const of = (state: string): number => [...rules.values()].filter((rule) => rule.state === state).length;
      return { ruleset, rules: rules.size, active: of('active'), disabled: of('disabled'), error: of('error') };
    })
    .sort((a, b) => (a.ruleset < b.ruleset ? -1 : 1));
}

function alertCounts(history: History, period: Window): Report['alerts'] {
  const perRule = [...history.opened].flatMap(([rule, minutes]): [string, number][] => {
    let n = 0;
    for (const [minute, count] of minutes) if (minute >= period.start && minute < period.end) n += count;
    return n > 0 ? [[rule, n]] : [];
  });
  perRule.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const documents = history.alerts.count(period);
  return { opened: perRule.reduce((total, [, n]) => total + n, 0), documents, perRule };
}

function parameterSource(name: string, pack: ControlPack, profile: Profile): string {
  if (Object.hasOwn(profile.parameters, name)) return 'profile';
  return pack.parameters[name]?.source ?? 'pack';
}

/**
 * Entries by id, numbers by value (ac-2 before ac-12): the same whatever order the pack was written in, since a sealed
 * bundle keeps the pack in its canonical form.
 */
function inOrder<T>(map: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  const key = (id: string): string => id.replace(/\d+/g, (digits) => digits.padStart(6, '0'));
  return Object.entries(map).sort(([a], [b]) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
