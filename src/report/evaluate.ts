import type { ControlPack } from './control-pack.ts';
import { type Binding, type Coverage, coverageOf, type Window } from './coverage.ts';
import type { History } from './history.ts';
import { measureWindow } from './measures.ts';
import { rolesOfMeasure } from './pack-lint.ts';
import type { Measure } from './pack-schema.ts';
import { ratioAtLeast } from './ratio.ts';
import { type Reason, sortedReasons } from './reason.ts';
import { ruleCoverage } from './rule-coverage.ts';
import { type Interval, MINUTES_PER_DAY, MS_PER_MINUTE } from './series.ts';
import type { Finding, Verdict } from './verdict.ts';

export type WindowVerdict = Verdict & { readonly window: Window };

/** A measure over the report's period: it passes only when every window does. */
export type MeasureResult = {
  readonly measure: Measure;
  readonly windowMs: number;
  readonly verdict: Verdict['verdict'];
  readonly vacuous: boolean;
  readonly reasons: readonly Reason[];
  readonly caps: readonly Reason[];
  readonly windows: readonly WindowVerdict[];
};

/** Facts about the whole pipeline: no source's silence hides them. */
const WITHOUT_SOURCES: ReadonlySet<Measure['kind']> = new Set(['integrity', 'attestation', 'canary']);

/** Windows of a length, aligned to UTC and cut at the edges of the period; all in whole minutes. */
export function windowsOf(period: Window, lengthMs: number): Window[] {
  const length = Math.max(1, Math.floor(lengthMs / MS_PER_MINUTE));
  const windows: Window[] = [];
  for (let start = period.start; start < period.end; ) {
    const end = Math.min(period.end, (Math.floor(start / length) + 1) * length);
    windows.push({ start, end });
    start = end;
  }
  return windows;
}

export type EvaluateOptions = {
  readonly pack: ControlPack;
  readonly roles: ReadonlyMap<string, Binding>;
  readonly history: History;
  readonly period: Window;
  readonly known: Interval;
};

export function evaluateMeasure(measure: Measure, options: EvaluateOptions): MeasureResult {
  const windowMs = measure.window ?? options.pack.defaults.window ?? MINUTES_PER_DAY * MS_PER_MINUTE;
  const windows = windowsOf(options.period, windowMs).map((window) => ({ window, ...evaluateWindow(measure, window, options) }));
  const worst = windows.some(({ verdict }) => verdict === 'fail')
    ? 'fail'
    : windows.length === 0 || windows.some(({ verdict }) => verdict === 'undecided')
      ? 'undecided'
      : 'pass';
  return {
    measure,
    windowMs,
    verdict: worst,
    vacuous: windows.some(({ vacuous }) => vacuous),
    reasons: sortedReasons(windows.length === 0 ? ['no-population'] : windows.flatMap(({ reasons }) => reasons)),
    caps: sortedReasons(windows.flatMap(({ caps }) => caps)),
    windows,
  };
}

function evaluateWindow(measure: Measure, window: Window, options: EvaluateOptions): Verdict {
  const { pack, roles, history, known } = options;
  const needs = { ...pack.defaults.needs, ...measure.needs };
  const wanted = WITHOUT_SOURCES.has(measure.kind) && measure.needs?.sources === undefined ? [] : (needs.sources ?? []);
  const bindings = [...new Set([...wanted, ...rolesOfMeasure(measure)])].flatMap((role) => roles.get(role) ?? []);
  const coverage = coverageOf(bindings, history, window, known);
  const reachedMs = Date.parse(history.head.at);
  const finding = measureWindow(measure, { history, roles, coverage, window, known, reachedMs });
  const blockers: Reason[] = [...coverageBlockers(coverage, needs.min_completeness ?? 1, needs.max_blind ?? 0), ...(finding.reasons ?? [])];
  if (needs.rules !== undefined) {
    const names = coverage.sources.map(({ name }) => name);
    const rules = ruleCoverage(needs.rules, history, names, window);
    blockers.push(...rules.reasons);
    if (rules.rules.length === 0) blockers.push('rule-disabled');
  }
  return decide(finding, blockers, coverage);
}

function coverageBlockers(coverage: Coverage, minCompleteness: number, maxBlindMs: number): Reason[] {
  const blockers: Reason[] = [];
  const short = !ratioAtLeast(coverage.events, coverage.events + coverage.lost, minCompleteness);
  const blind = coverage.blindMs > maxBlindMs;
  // Counts that do not add up block at any number; what was lost and what was dark block beyond their limits.
  for (const reason of coverage.reasons) {
    if (reason === 'accounting-mismatch') blockers.push(reason);
    else if (reason === 'parse-failure') blockers.push(...(short ? [reason] : []));
    else if (blind || (reason === 'completeness-low' && short)) blockers.push(reason);
  }
  if (!coverage.complete) blockers.push('late-data');
  return blockers;
}

function decide(finding: Finding, blockers: readonly Reason[], coverage: Coverage): Verdict {
  const { value, limit, unit, population, of } = finding;
  const base = { value, limit, unit, population, of, lost: coverage.lost, blindMs: coverage.blindMs, caps: coverage.caps, vacuous: false };
  const broken = finding.because ?? ['criterion-not-met'];
  if (population === 0) return { ...base, ...decideEmpty(finding, blockers) };
  if (finding.holds && blockers.length === 0) return { ...base, verdict: 'pass', reasons: [] };
  const fails = !finding.holds && (finding.definite || blockers.length === 0);
  return { ...base, verdict: fails ? 'fail' : 'undecided', reasons: sortedReasons([...(fails ? broken : []), ...blockers]) };
}

/** An empty population decides nothing, whatever the limits say; guards may answer where the measure lets them. */
function decideEmpty(finding: Finding, blockers: readonly Reason[]): Pick<Verdict, 'verdict' | 'reasons' | 'vacuous'> {
  if (blockers.length > 0) return { verdict: 'undecided', reasons: sortedReasons(blockers), vacuous: false };
  if (finding.vacuous) return { verdict: 'pass', reasons: [], vacuous: true };
  return { verdict: 'undecided', reasons: ['no-population'], vacuous: false };
}
