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

/** -log10 of the chance of a value at least as great; 0 while there is too little to tell. */
export function surprise(tail: Tail, value: number): number {
  const { counts, low, total } = tail;
  if (total === 0) return 0;
  const own = bucketOf(tail, value);
  const beyond = total - Math.floor(total * QUANTILE);
  let above = 0;
  let tied = 0;
  let excess = 0;
  let at = counts.length - 1;
  for (; at >= 0; at--) {
    const count = counts.charCodeAt(at);
    if (low + at >= own) tied += count;
    if (above + count >= beyond) break;
    above += count;
    excess += count * middleOf(tail, low + at);
  }
  const threshold = middleOf(tail, low + Math.max(at, 0));
  if (own <= low + at) {
    for (let i = at - 1; i >= 0 && low + i >= own; i--) tied += counts.charCodeAt(i);
    return Math.log10((total + 1) / (tied + 1));
  }
  const mean = (excess - above * threshold) / (above + 1);
  const spread = Math.max(Math.min(mean, BELIEVED * quartileExcess(tail, above, threshold)), FLOOR * Math.abs(threshold), 1e-9);
  return -Math.log10(1 - QUANTILE) + ((value - threshold) / spread) * Math.LOG10E;
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

export function learn(tail: Tail, value: number): void {
  if (tail.total > 0) {
    count(tail, value);
    return;
  }
  tail.first.push(value);
  if (tail.first.length < LEARN) return;
  const sorted = tail.first.toSorted((a, b) => a - b);
  tail.center = sorted[LEARN >> 1] as number;
  const distances = sorted.map((one) => Math.abs(one - tail.center)).sort((a, b) => a - b);
  tail.scale = Math.max(distances[LEARN >> 1] as number, 0.01 * Math.abs(tail.center), 1e-6);
  for (const one of tail.first) count(tail, one);
  tail.first = [];
}

function count(tail: Tail, value: number): void {
  const bucket = bucketOf(tail, value);
  if (tail.counts === '') tail.low = bucket;
  if (bucket < tail.low) {
    tail.counts = NONE.repeat(tail.low - bucket) + tail.counts;
    tail.low = bucket;
  }
  const at = bucket - tail.low;
  const counts = at < tail.counts.length ? tail.counts : tail.counts + NONE.repeat(at + 1 - tail.counts.length);
  tail.total++;
  tail.counts = flat(counts.slice(0, at) + String.fromCharCode(counts.charCodeAt(at) + 1) + counts.slice(at + 1), tail.total);
  if (tail.total < MOST) return;
  const halved = Array.from(counts, (_, i) => tail.counts.charCodeAt(i) >> 1);
  tail.total = halved.reduce((sum, one) => sum + one, 0);
  tail.counts = String.fromCharCode(...halved);
}

const NONE = '\0';
const scratch = Buffer.alloc(2 * (2 * FAR + 2));

/** One text of its own, and not the parts it was made of; of one byte per character while no count can need two. */
function flat(text: string, total: number): string {
  const form = total < 256 ? 'latin1' : 'utf16le';
  return scratch.toString(form, 0, scratch.write(text, form));
}

function bucketOf({ center, scale }: Tail, value: number): number {
  const bucket = Math.round(Math.asinh((value - center) / scale) / WIDTH);
  return bucket > FAR ? FAR : bucket < -FAR ? -FAR : bucket;
}

const middleOf = ({ center, scale }: Tail, bucket: number): number => center + scale * Math.sinh(bucket * WIDTH);
