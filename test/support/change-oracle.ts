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
  const rarities = Array.from({ length: views[0]?.length ?? 0 }, (_, view) => rarityIn(views.map((row) => row[view] as number)));
  const together = (i: number): number =>
    i < 100 ? 0 : rarities.reduce((sum, rarity) => sum + Math.max(0, Math.min(20, rarity(i)) - 1), 0);
  const alarms: { readonly at: number; readonly score: number }[] = [];
  return values.map((_, i) => {
    if (i < 100) return false;
    const score = (together(i) + together(i - 1) + together(i - 2)) / 3;
    const bar = threshold * (1 + alarms.reduce((sum, { at }) => sum + 0.2 * 0.5 ** ((i - at) / 500), 0));
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

function viewsAt(values: readonly number[], i: number): number[] {
  const now = values[i] as number;
  const seen = values.slice(Math.max(0, i - 124), i + 1);
  const past = seen.slice(0, -1);
  const before = past.at(-1) ?? now;
  const [of20, of100] = [past.length === 0 ? now : middle(past.slice(-20)), past.length === 0 ? now : middle(past.slice(-100))];
  const shift = (of: number, to: number): number => Math.abs(mean(seen.slice(-of)) - mean(seen.slice(-to, -of)));
  return [
    now,
    -now,
    Math.abs(now - before),
    Math.abs(now - of20),
    Math.abs(now - of100),
    shift(10, 20),
    shift(25, 125),
    mean(seen.slice(-12)),
    -mean(seen.slice(-12)),
    mean(seen.slice(-50)),
    -mean(seen.slice(-50)),
    spread(seen.slice(-24)),
    spread(seen.slice(-100)),
    -spread(seen.slice(-100)),
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
function rarityIn(list: readonly number[]): (at: number) => number {
  const first = list.slice(0, 50).sort((a, b) => a - b);
  const center = first[25] as number;
  const distances = first.map((one) => Math.abs(one - center)).sort((a, b) => a - b);
  const scale = Math.max(distances[25] as number, 0.01 * Math.abs(center), 1e-6);
  const bucketOf = (one: number): number => Math.min(380, Math.max(-380, Math.round(Math.asinh((one - center) / scale) / 0.05)));
  const middleOf = (bucket: number): number => center + scale * Math.sinh(bucket * 0.05);
  const all = list.map(bucketOf);
  return (at) => rarity(all.slice(0, at), all[at] as number, list[at] as number, middleOf);
}

function rarity(past: readonly number[], own: number, value: number, middleOf: (bucket: number) => number): number {
  const buckets = [...past].sort((a, b) => b - a);
  // The greatest bucket with at least 2 % of the values in it or beyond.
  const limit = buckets[buckets.length - Math.floor(buckets.length * 0.98) - 1] as number;
  if (own <= limit) return Math.log10((buckets.length + 1) / (buckets.filter((one) => one >= own).length + 1));
  const beyond = buckets.filter((one) => one > limit);
  const excess = beyond.reduce((sum, one) => sum + middleOf(one) - middleOf(limit), 0) / (beyond.length + 1);
  const exponential = Math.max(excess, 0.01 * Math.abs(middleOf(limit)), 1e-9);
  return -Math.log10(0.02) + ((value - middleOf(limit)) / exponential) * Math.LOG10E;
}
