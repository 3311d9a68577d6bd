/** Rules found for one event, as indexes into the matcher's detections; reused from event to event. */
export type MatchBuffer = { rules: Int32Array; count: number };

export function createMatchBuffer(): MatchBuffer {
  return { rules: new Int32Array(64), count: 0 };
}

export function addMatch(buffer: MatchBuffer, rule: number): void {
  if (buffer.count === buffer.rules.length) {
    const larger = new Int32Array(buffer.rules.length * 2);
    larger.set(buffer.rules);
    buffer.rules = larger;
  }
  buffer.rules[buffer.count++] = rule;
}
