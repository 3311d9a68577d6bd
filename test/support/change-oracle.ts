/**
 * What `change` is, said again from the whole past of a series and without its state: for each pane every view is computed
 * from all values before, its rarity by counting them, and the bar from all alarms before. `times` in seconds.
 */
export function changesOf(values: readonly number[], times: readonly number[], threshold: number): readonly boolean[] {
  const views = values.map((_, i) => viewsAt(values, i));
  const off = offHours(values, times);
  let drift = 0;
  off.forEach((one, i) => {
    drift += (one - drift) / 50;
    views[i]?.push(one, -one, Math.abs(one), drift, -drift);
  });
  const rarities = Array.from({ length: views[0]?.length ?? 0 }, (_, view) => rarityIn(views.map((row) => row[view])));
  const together = (i: number): number =>
    i < 100 ? 0 : rarities.reduce((sum, rarity) => sum + Math.max(0, Math.min(20, rarity(i)) - 1), 0);
  const alarms: { readonly at: number; readonly score: number }[] = [];
  return values.map((_, i) => {
    if (i < 100) return false;
    const score = (together(i) + together(i - 1) + together(i - 2)) / 3;
    const bar = threshold * (1 + alarms.reduce((sum, { at }) => sum + 0.25 * 0.5 ** ((i - at) / 500), 0));
    const last = alarms.at(-1);
    const said = last === undefined ? 0 : 3 * last.score * 0.5 ** ((i - last.at) / 35);
    if (score < bar || score <= said) return false;
    alarms.push({ at: i, score });
    return true;
  });
}

function middle(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}
const mean = (list: readonly number[]): number => (list.length === 0 ? 0 : list.reduce((sum, one) => sum + one, 0) / list.length);
const spread = (list: readonly number[]): number => Math.sqrt(mean(list.map((one) => (one - mean(list)) ** 2)));

function viewsAt(values: readonly number[], i: number): (number | undefined)[] {
  const now = values[i] as number;
  const seen = values.slice(Math.max(0, i - 124), i + 1);
  const past = seen.slice(0, -1);
  const before = past.at(-1) ?? now;
  const [of20, of100] = [past.length === 0 ? now : middle(past.slice(-20)), past.length === 0 ? now : middle(past.slice(-100))];
  const shift = (of: number, to: number): number => Math.abs(mean(seen.slice(-of)) - mean(seen.slice(-to, -of)));
  /** What looks back over `needed` values says nothing before there are as many. */
  const from = (needed: number, of: () => number): number | undefined => (seen.length < needed ? undefined : of());
  const inSpreads = (of: number): number => {
    const before = seen.slice(-of - 100, -of);
    return Math.abs(mean(seen.slice(-of)) - mean(before)) / (spread(before) + 0.02 * Math.abs(mean(before)) + 1e-9);
  };
  return [
    now,
    -now,
    Math.abs(now - before),
    Math.abs(now - of20),
    from(100, () => Math.abs(now - of100)),
    from(20, () => shift(10, 20)),
    from(125, () => shift(25, 125)),
    from(12, () => mean(seen.slice(-12))),
    from(12, () => -mean(seen.slice(-12))),
    from(50, () => mean(seen.slice(-50))),
    from(50, () => -mean(seen.slice(-50))),
    from(24, () => spread(seen.slice(-24))),
    from(100, () => spread(seen.slice(-100))),
    from(100, () => -spread(seen.slice(-100))),
    from(105, () => inSpreads(5)),
    from(120, () => inSpreads(20)),
    from(125, () => Math.log((spread(seen.slice(-25)) + 1e-9) / (spread(seen.slice(-125, -25)) + 1e-9))),
  ];
}

/** How far the hour's median so far is from that of the same hour of up to five days before; 0 while fewer than two are known. */
function offHours(values: readonly number[], times: readonly number[]): readonly number[] {
  const hours = times.map((time) => Math.floor(time / 3600));
  return values.map((_, i) => {
    const hour = hours[i] as number;
    const of = (wanted: number): readonly number[] => values.filter((_value, j) => j <= i && hours[j] === wanted).slice(-64);
    const same = [...new Set(hours.slice(0, i))].filter((other) => other !== hour && (hour - other) % 24 === 0).slice(-5);
    return same.length < 2 ? 0 : middle(of(hour).slice(-6)) - middle(same.map((other) => middle(of(other))));
  });
}

/** For each place of a list, -log10 of the chance of a value at least as great among those before it. */
function rarityIn(list: readonly (number | undefined)[]): (at: number) => number {
  const known = (values: readonly (number | undefined)[]): number[] => values.filter((one) => one !== undefined);
  const first = known(list)
    .slice(0, 50)
    .sort((a, b) => a - b);
  const center = first[25] as number;
  const distances = first.map((one) => Math.abs(one - center)).sort((a, b) => a - b);
  const scale = Math.max(distances[25] as number, 0.01 * Math.abs(center), 1e-6);
  const bucketOf = (one: number): number => Math.min(380, Math.max(-380, Math.round(Math.asinh((one - center) / scale) / 0.05)));
  const middleOf = (bucket: number): number => center + scale * Math.sinh(bucket * 0.05);
  return (at) => {
    const [value, past] = [list[at], known(list.slice(0, at))];
    return value === undefined || past.length < 50 ? 0 : rarity(past.map(bucketOf), bucketOf(value), value, middleOf);
  };
}

function rarity(past: readonly number[], own: number, value: number, middleOf: (bucket: number) => number): number {
  const buckets = [...past].sort((a, b) => b - a);
  // The greatest bucket with at least 1.5 % of the values in it or beyond.
  const limit = buckets[buckets.length - Math.floor(buckets.length * 0.985) - 1] as number;
  if (own <= limit) return Math.log10((buckets.length + 1) / (buckets.filter((one) => one >= own).length + 1));
  const beyond = buckets.filter((one) => one > limit);
  const excess = beyond.reduce((sum, one) => sum + middleOf(one) - middleOf(limit), 0) / (beyond.length + 1);
  // As far as the upper quartile of those beyond bears it out, three times.
  const quartile = beyond.length === 0 ? 0 : middleOf(beyond[Math.floor(beyond.length / 4)] as number) - middleOf(limit);
  const exponential = Math.max(Math.min(excess, (3 * quartile) / Math.log(4)), 0.01 * Math.abs(middleOf(limit)), 1e-9);
  return -Math.log10(0.015) + ((value - middleOf(limit)) / exponential) * Math.LOG10E;
}
