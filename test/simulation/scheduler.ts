/** Mulberry32: the one source of chance of a run. */
export function createChance(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Somebody whose calls the scheduler answers: dead ones are never answered again, paused ones later. */
export type Actor = { readonly name: string; dead: boolean; pausedUntil: number; quiet: number };

type Op = { readonly actor: Actor; readonly at: number; readonly run: () => void };

/** Answers one call after another, chosen by chance; nothing else makes time pass. */
export class Scheduler {
  readonly chance: () => number;
  step = 0;
  private ops: Op[] = [];

  constructor(seed: number) {
    this.chance = createChance(seed);
  }

  pick(n: number): number {
    return Math.floor(this.chance() * n);
  }

  /** Runs `work` at a step of the scheduler's choosing, `delay` steps from now or later. `waits`: it is only waiting for news. */
  call<T>(actor: Actor, work: () => T, delay = 0, waits = false): Promise<T> {
    return new Promise((resolve, reject) => {
      this.ops.push({
        actor,
        at: this.step + delay,
        run: () => {
          if (!waits) actor.quiet = 0;
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  /** Does the next thing; false when there is nothing to do at all. */
  async next(): Promise<boolean> {
    this.step++;
    const alive: Op[] = [];
    const ready: number[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (const op of this.ops) {
      if (op.actor.dead) continue;
      const at = Math.max(op.at, op.actor.pausedUntil);
      if (at <= this.step) ready.push(alive.length);
      else soonest = Math.min(soonest, at);
      alive.push(op);
    }
    this.ops = alive;
    if (ready.length === 0) {
      if (soonest === Number.POSITIVE_INFINITY) return false;
      this.step = soonest;
      return true;
    }
    const [op] = this.ops.splice(ready[this.pick(ready.length)] as number, 1);
    op?.run();
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }
}
