import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Labels, probationOf, type Weights, type Window } from './score.ts';

export type Series = { readonly name: string; readonly times: Float64Array; readonly values: Float64Array; readonly labels: Labels };

export const NAB_FOLDER = process.env['WARDLINE_NAB'] ?? resolve(import.meta.dirname, '../../../shared/data/nab');

export const nabIsHere = (): boolean => existsSync(join(NAB_FOLDER, 'combined_windows.json'));

/** Every series of the benchmark in order of name; times in seconds since the epoch. */
export function readCorpus(folder = NAB_FOLDER): readonly Series[] {
  const windows = JSON.parse(readFileSync(join(folder, 'combined_windows.json'), 'utf8')) as Record<string, [string, string][]>;
  return readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.csv'))
    .sort()
    .map((name) => readSeries(name, readFileSync(join(folder, 'data', name), 'utf8'), windows[name] ?? []));
}

export type ProfileName = 'standard' | 'reward_low_FP_rate' | 'reward_low_FN_rate';

export function readProfile(name: ProfileName, folder = NAB_FOLDER): Weights {
  type Profiles = Record<ProfileName, { CostMatrix: { tpWeight: number; fpWeight: number; fnWeight: number } }>;
  const { tpWeight, fpWeight, fnWeight } = (JSON.parse(readFileSync(join(folder, 'profiles.json'), 'utf8')) as Profiles)[name].CostMatrix;
  return { truePositive: tpWeight, falsePositive: fpWeight, falseNegative: fnWeight };
}

function readSeries(name: string, text: string, labelled: readonly [string, string][]): Series {
  const lines = text.split('\n').slice(1).filter(Boolean);
  const times = Float64Array.from(lines, (line) => secondsOf(line.slice(0, line.indexOf(','))));
  const values = Float64Array.from(lines, (line) => Number(line.slice(line.indexOf(',') + 1)));
  const windows = labelled.map(([start, end]): Window => {
    const [from, to] = [secondsOf(start), secondsOf(end)];
    return { from: times.findIndex((time) => time >= from), to: times.findLastIndex((time) => time <= to) };
  });
  return { name, times, values, labels: { rows: lines.length, probation: probationOf(lines.length), windows } };
}

const secondsOf = (text: string): number => Date.parse(`${text.trim().replace(' ', 'T')}Z`) / 1000;
