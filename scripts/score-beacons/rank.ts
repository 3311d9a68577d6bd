import { beaconScore, prevalence, regularity, staysLocal } from '../../src/correlate/detectors/regularity.ts';

export type BeaconSeries = {
  readonly host: string;
  readonly process: string;
  readonly dst_ip: string;
  readonly times: readonly number[];
  readonly label: string;
};

export type Ranked = {
  readonly series: BeaconSeries;
  readonly label: string;
  /** 0 for what the detector does not judge: too few calls, intervals out of range, destinations on the link. */
  readonly score: number;
  /** True where a rule with the default parameters alerts. */
  readonly fires: boolean;
  readonly dispersion: number;
  readonly calls: number;
  readonly hosts: number;
};

/** Defaults of the rule type `beacon`. */
const MIN_EVENTS = 10;
const MAX_TIMES = 64;
const MAX_DISPERSION = 0.4;
const MAX_PREVALENCE = 0.1;

export const readSeries = (text: string): readonly BeaconSeries[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as BeaconSeries);

/** As a rule sees each series at its last call. */
export function scoreSeries(all: readonly BeaconSeries[]): Ranked[] {
  const hostsOf = Map.groupBy(all, ({ dst_ip }) => dst_ip);
  const hosts = new Set(all.map(({ host }) => host)).size;
  return all.map((series) => {
    const times = [...new Set(series.times)].sort((a, b) => a - b).slice(-MAX_TIMES);
    const { median, dispersion } = regularity(times);
    const own = new Set(hostsOf.get(series.dst_ip)?.map(({ host }) => host)).size;
    const share = prevalence(own, hosts);
    const judged = times.length >= MIN_EVENTS && median >= 1 && median <= 86_400 && !staysLocal(series.dst_ip);
    return {
      series,
      label: series.label,
      score: judged ? beaconScore(dispersion, share) : 0,
      fires: judged && dispersion <= MAX_DISPERSION && share <= MAX_PREVALENCE,
      dispersion,
      calls: times.length,
      hosts: own,
    };
  });
}

/** Mean of the precision at each c2 of a ranking; of equal scores the benign come first. */
export function averagePrecision(ranked: readonly { readonly label: string; readonly score: number }[]): number {
  const order = [...ranked].sort((a, b) => b.score - a.score || Number(a.label === 'c2') - Number(b.label === 'c2'));
  let found = 0;
  let sum = 0;
  order.forEach(({ label }, i) => {
    if (label !== 'c2') return;
    found++;
    sum += found / (i + 1);
  });
  return found === 0 ? Number.NaN : sum / found;
}
