import type { LookupFact } from '../../rule/ir/rule.ts';
import { canonicalJson } from '../../shared/canonical-json.ts';
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';

/** Fetches one fact; undefined = there is none. Rejects when it cannot tell. */
export type Lookup = (params: JsonObject, signal: AbortSignal) => Promise<JsonValue | undefined>;

export type Answer =
  | { readonly value: JsonValue | undefined }
  | { readonly failed: 'timeout' | 'no-provider' | 'resting' | 'busy' | 'error'; readonly detail: string };

export type LookupStats = { asked: number; cached: number; failed: number };

export type Lookups = {
  /** Never rejects: what went wrong is an answer. */
  ask(fact: LookupFact, params: JsonObject): Promise<Answer>;
  readonly stats: LookupStats;
};

/** Answers kept per fact; the one that was used longest ago goes first. */
const MAX_ENTRIES = 10_000;
/** Calls under way at a time per fact; more wait. */
const MAX_CALLS = 32;
/** Failures in a row after which a provider rests, and for how long. */
const FAILURES = 20;
const REST_MS = 10_000;

type Entry = { readonly until: number; readonly answer: Answer };
type State = {
  readonly cache: Map<string, Entry>;
  readonly flying: Map<string, Promise<Answer>>;
  failures: number;
  restsUntil: number;
  readonly queue: (() => void)[];
  calls: number;
};

/**
 * Facts from outside, each asked once for equal parameters within its cache time, with a limit of time, of calls at once,
 * and a rest for a provider that only fails.
 */
export function createLookups(providers: ReadonlyMap<string, Lookup>, clock: Clock): Lookups {
  const states = new Map<string, State>();
  const stats: LookupStats = { asked: 0, cached: 0, failed: 0 };
  const stateOf = (name: string): State => {
    let state = states.get(name);
    if (state === undefined)
      states.set(name, (state = { cache: new Map(), flying: new Map(), failures: 0, restsUntil: 0, queue: [], calls: 0 }));
    return state;
  };

  const call = async (fact: LookupFact, params: JsonObject, lookup: Lookup, state: State): Promise<Answer> => {
    if (state.calls >= MAX_CALLS) await new Promise<void>((next) => state.queue.push(next));
    if (clock.now() < state.restsUntil) return { failed: 'resting', detail: `after ${FAILURES} failures in a row` };
    state.calls++;
    const cut = new AbortController();
    const late = clock
      .sleep(fact.timeoutMs, cut.signal)
      .then((): Answer => ({ failed: 'timeout', detail: `no answer within ${fact.timeoutMs} ms` }));
    const asked = lookup(params, cut.signal).then(
      (value): Answer => ({ value }),
      (error: unknown): Answer => ({ failed: 'error', detail: messageOf(error) }),
    );
    const answer = await Promise.race([asked, late]);
    cut.abort();
    state.calls--;
    state.queue.shift()?.();
    return answer;
  };

  const fetchOnce = async (fact: LookupFact, params: JsonObject, key: string, state: State): Promise<Answer> => {
    const lookup = providers.get(fact.name);
    if (lookup === undefined) return { failed: 'no-provider', detail: 'the settings name no provider of this fact' };
    stats.asked++;
    const answer = await call(fact, params, lookup, state);
    if ('failed' in answer) {
      if (answer.failed !== 'resting' && ++state.failures >= FAILURES) {
        state.failures = 0;
        state.restsUntil = clock.now() + REST_MS;
      }
      return answer;
    }
    state.failures = 0;
    if (fact.cacheMs > 0) {
      state.cache.set(key, { until: clock.now() + fact.cacheMs, answer });
      const [oldest] = state.cache.keys();
      if (state.cache.size > MAX_ENTRIES && oldest !== undefined) state.cache.delete(oldest);
    }
    return answer;
  };

  return {
    stats,
    async ask(fact, params) {
      const state = stateOf(fact.name);
      const key = canonicalJson(params);
      const known = state.cache.get(key);
      if (known !== undefined) {
        state.cache.delete(key);
        if (clock.now() < known.until) {
          state.cache.set(key, known);
          stats.cached++;
          return known.answer;
        }
      }
      let flying = state.flying.get(key);
      if (flying === undefined) {
        flying = fetchOnce(fact, params, key, state).finally(() => state.flying.delete(key));
        state.flying.set(key, flying);
      }
      const answer = await flying;
      if ('failed' in answer) stats.failed++;
      return answer;
    },
  };
}
