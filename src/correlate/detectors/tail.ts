/**
 * How rare a value is among those seen before, in bounded state: a histogram whose buckets are linear near the centre
 * and logarithmic far from it (asinh). Beyond the 98.5 % quantile the tail is taken as exponential with the mean excess
 * seen there (peaks over threshold; Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", 2017), as far
 * as the upper quartile of the excesses bears it out: one extreme value must not make those after it look usual.
 * Plain data, so that a checkpoint holds it as it is.
 */
export type Tail = {
  /** The first values, until centre and scale are known from them. */
  first: number[];
  center: number;
  scale: number;
  total: number;
  /** Counts from bucket `low` on, one character each: an array of numbers would take eight times as much. */
  low: number;
  counts: string;
};

const LEARN = 50;
const WIDTH = 0.05;
const QUANTILE = 0.985;
/** Beyond this many buckets from the centre (about 1e8 scales) values count as equal. */
const FAR = 380;
/** At this many values all counts are halved: the old weigh less, and change of habit is learned. */
const MOST = 16_384;
/** The mean excess is believed up to so many times what an exponential tail with the same upper quartile has. */
const BELIEVED = 3;
/** The least mean excess, as a share of the threshold: a tail without spread would make every step a wonder. */
const FLOOR = 0.01;

export const newTail = (): Tail => ({ first: [], center: 0, scale: 1, total: 0, low: 0, counts: '' });

/** -log10 of the chance of a value at least as great; 0 while there is too little to tell. `bucket` is that of the value. */
export function surprise(tail: Tail, value: number, bucket = bucketOf(tail, value)): number {
  const { counts, low, total } = tail;
  if (total === 0) return 0;
  const beyond = total - Math.floor(total * QUANTILE);
  let above = 0;
  let at = counts.length - 1;
  for (; at >= 0; at--) {
    const count = counts.charCodeAt(at);
    if (above + count >= beyond) break;
    above += count;
  }
  if (bucket <= low + at) return Math.log10((total + 1) / (timesFrom(tail, bucket - low, at, above) + 1));
  let excess = 0;
  for (let i = counts.length - 1; i > at; i--) {
    const count = counts.charCodeAt(i);
    if (count > 0) excess += count * middleOf(tail, low + i);
  }
  const threshold = middleOf(tail, low + Math.max(at, 0));
  const mean = (excess - above * threshold) / (above + 1);
  const spread = Math.max(Math.min(mean, BELIEVED * quartileExcess(tail, above, threshold)), FLOOR * Math.abs(threshold), 1e-9);
  return -Math.log10(1 - QUANTILE) + ((value - threshold) / spread) * Math.LOG10E;
}

/** Up to where a share of the values were. */
export function upTo(tail: Tail, share: number): number {
  const { counts, low, total } = tail;
  let above = total - Math.floor(total * share);
  let at = counts.length - 1;
  while (at > 0 && (above -= counts.charCodeAt(at)) > 0) at--;
  return middleOf(tail, low + Math.max(at, 0));
}

/** How many values were in bucket `from` or beyond, counted from the nearer end; `above` are beyond bucket `at`. */
function timesFrom({ counts, total }: Tail, from: number, at: number, above: number): number {
  if (2 * from < at) {
    let times = total;
    for (let i = 0; i < from; i++) times -= counts.charCodeAt(i);
    return times;
  }
  let times = above;
  for (let i = at; i >= from; i--) times += counts.charCodeAt(i);
  return times;
}

/** The mean of the exponential tail whose upper quartile is that of the `above` greatest values, as excess over the threshold. */
function quartileExcess(tail: Tail, above: number, threshold: number): number {
  const { counts, low } = tail;
  let seen = 0;
  for (let at = counts.length - 1; at >= 0; at--) {
    seen += counts.charCodeAt(at);
    if (seen > above / 4) return (middleOf(tail, low + at) - threshold) / Math.log(4);
  }
  return 0;
}

export function learn(tail: Tail, value: number, bucket = bucketOf(tail, value)): void {
  if (tail.total > 0) {
    count(tail, bucket);
    return;
  }
  tail.first.push(value);
  if (tail.first.length < LEARN) return;
  const sorted = tail.first.toSorted((a, b) => a - b);
  tail.center = sorted[LEARN >> 1] as number;
  const distances = sorted.map((one) => Math.abs(one - tail.center)).sort((a, b) => a - b);
  tail.scale = Math.max(distances[LEARN >> 1] as number, 0.01 * Math.abs(tail.center), 1e-6);
  for (const one of tail.first) count(tail, bucketOf(tail, one));
  tail.first = [];
}

function count(tail: Tail, bucket: number): void {
  let { counts } = tail;
  if (counts === '') tail.low = bucket;
  if (bucket < tail.low) {
    counts = NONE.repeat(tail.low - bucket) + counts;
    tail.low = bucket;
  }
  const at = bucket - tail.low;
  if (at >= counts.length) counts += NONE.repeat(at + 1 - counts.length);
  tail.total++;
  tail.counts = oneMore(counts, at, tail.total);
  if (tail.total < MOST) return;
  const halved = Array.from(tail.counts, (one) => one.charCodeAt(0) >> 1);
  tail.total = halved.reduce((sum, one) => sum + one, 0);
  tail.counts = String.fromCharCode(...halved);
}

const NONE = '\0';
const scratch = Buffer.alloc(2 * (2 * FAR + 2));

/** One text of its own, and not the parts it was made of; of one byte per character while no count can need two. */
function oneMore(counts: string, at: number, total: number): string {
  const form = total < 256 ? 'latin1' : 'utf16le';
  const length = scratch.write(counts, form);
  if (form === 'latin1') scratch[at] = counts.charCodeAt(at) + 1;
  else scratch.writeUInt16LE(counts.charCodeAt(at) + 1, 2 * at);
  return scratch.toString(form, 0, length);
}

export function bucketOf({ center, scale }: Tail, value: number): number {
  const bucket = Math.round(Math.asinh((value - center) / scale) / WIDTH);
  return bucket > FAR ? FAR : bucket < -FAR ? -FAR : bucket;
}

const SINH = Float64Array.from({ length: 2 * FAR + 1 }, (_, i) => Math.sinh((i - FAR) * WIDTH));
const middleOf = ({ center, scale }: Tail, bucket: number): number => center + scale * (SINH[bucket + FAR] as number);
