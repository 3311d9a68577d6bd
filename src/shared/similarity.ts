const MAX = 256;

/** How alike two texts are, 0 to 1: twice what they share of runs of two letters over what they have (Dice). Case does not count. */
export function similarity(a: string, b: string): number {
  const [left, right] = [pairsOf(a), pairsOf(b)];
  if (left.length + right.length === 0) return a.toLowerCase() === b.toLowerCase() ? 1 : 0;
  const counts = new Map<string, number>();
  for (const pair of left) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  let shared = 0;
  for (const pair of right) {
    const count = counts.get(pair) ?? 0;
    if (count === 0) continue;
    shared++;
    counts.set(pair, count - 1);
  }
  return (2 * shared) / (left.length + right.length);
}

function pairsOf(text: string): readonly string[] {
  const low = text.slice(0, MAX).toLowerCase();
  return Array.from({ length: Math.max(0, low.length - 1) }, (_, i) => low.slice(i, i + 2));
}
