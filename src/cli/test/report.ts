import type { Misfit } from '../../cases/compare.ts';
import type { Unexercised } from '../../cases/coverage.ts';
import type { CaseResult } from '../../cases/run.ts';
import type { Problem } from '../../rule/problem.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { printable } from '../../shared/table.ts';

/** What a run of cases found. */
export type TestRun = {
  readonly results: readonly CaseResult[];
  /** Files that cannot be read, rules with too few cases. */
  readonly problems: readonly Problem[];
  readonly files: number;
  readonly properties: string;
  readonly seed: number;
  readonly ms: number;
  readonly coverage: { readonly parts: number; readonly unexercised: readonly Unexercised[] } | undefined;
};

const told = (value: JsonValue): string => printable(JSON.stringify(value));

/** Expected and got, key by key: `-` was expected, `+` is there instead. */
function diff(expected: JsonObject, got: JsonObject | undefined): readonly string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const other = got?.[name];
    if (other !== undefined && JSON.stringify(other) === JSON.stringify(value)) return [`    ${name}: ${told(value)}`];
    return [`  - ${name}: ${told(value)}`, ...(other === undefined ? [] : [`  + ${name}: ${told(other)}`])];
  });
}

const NOUNS = { expect: 'an alert', matches: 'a match', verdicts: 'a verdict' } as const;

function misfitLines(misfit: Misfit): readonly string[] {
  if (misfit.kind === 'fault') return [printable(misfit.message)];
  if (misfit.kind === 'unexpected')
    return [
      `${NOUNS[misfit.list]} that was not expected:`,
      ...Object.entries(misfit.got).map(([name, value]) => `  + ${name}: ${told(value)}`),
    ];
  const head =
    misfit.got === undefined
      ? `${NOUNS[misfit.list]} was expected, and none is there:`
      : `${NOUNS[misfit.list]} was expected, and the nearest one is otherwise:`;
  return [head, ...diff(misfit.expected, misfit.got)];
}

/** Why a case failed, line by line. */
export const failureLines = ({ misfits, nearest, broken }: CaseResult): readonly string[] => [
  ...misfits.flatMap(misfitLines),
  ...nearest.map((text) => printable(`nearest miss: ${text}`)),
  ...broken.map(({ property, detail }) => printable(`${property} changes the alerts: ${detail}`)),
];

export const placeText = ({ file, line, column }: CaseResult['place']): string => `${file}:${line}:${column}`;

export function testText(run: TestRun, verbose: boolean): string {
  const lines: string[] = [];
  for (const one of run.results) {
    if (one.passed && verbose) lines.push(`ok    ${placeText(one.place)}: ${printable(one.name)}`);
    if (!one.passed)
      lines.push(`FAIL  ${placeText(one.place)}: ${printable(one.name)}`, ...failureLines(one).map((line) => `        ${line}`));
  }
  if (run.coverage !== undefined) {
    const { parts, unexercised } = run.coverage;
    for (const { rule, part } of unexercised) lines.push(`no case makes true: ${printable(rule)}: ${printable(part)}`);
    lines.push(`${parts - unexercised.length} of ${parts} selections, conditions and entries are exercised`);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

export function summaryLine({ results, files, ms, properties, seed }: TestRun): string {
  const failed = results.filter(({ passed }) => !passed).length;
  const how = properties === 'off' ? 'properties off' : `properties ${properties}, seed ${seed}`;
  return `${results.length - failed} of ${results.length} cases of ${files} files passed in ${(ms / 1000).toFixed(1)} s (${how})\n`;
}

export function testJson({ results, problems, files, properties, seed, ms, coverage }: TestRun): object {
  const failed = results.filter(({ passed }) => !passed).length;
  return {
    version: 1,
    files,
    cases: results.length,
    failed,
    properties,
    seed,
    ms: Math.round(ms),
    results: results.map(({ place, name, passed, misfits, nearest, broken, ms: took }) => ({
      ...place,
      name,
      passed,
      misfits,
      nearest,
      broken,
      ms: Math.round(took),
    })),
    problems: problems.map(({ place, severity, code, message }) => ({ ...place, severity, code, message })),
    ...(coverage === undefined ? {} : { coverage }),
  };
}
