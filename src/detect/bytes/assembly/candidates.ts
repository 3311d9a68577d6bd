// Rules that literals brought up for the current event, each once. A list of rules is [count, rule...].

let stamps: usize = 0;
let list: usize = 0;
let generation: i32 = 0;
let count: i32 = 0;

/** Begins an event; the addresses are per group: a word per rule that says when it was brought up last, and room for all. */
export function beginCandidates(stampsAt: usize, listAt: usize, now: i32): void {
  stamps = stampsAt;
  list = listAt;
  generation = now;
  count = 0;
}

export function candidateCount(): i32 {
  return count;
}

export function fire(rules: usize): void {
  const end = rules + 4 + (load<u32>(rules) << 2);
  for (let p = rules + 4; p < end; p += 4) {
    const rule = load<i32>(p);
    const stamp = stamps + (rule << 2);
    if (load<i32>(stamp) === generation) continue;
    store<i32>(stamp, generation);
    store<i32>(list + (count << 2), rule);
    count++;
  }
}
