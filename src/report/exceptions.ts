import type { Body, LedgerEntry } from '../evidence/entry.ts';

/** What one exception says, and what it did so far: counted from the ledger, so exact as far as the ledger goes. */
export type ExceptionEffectReport = {
  readonly id: string;
  /** The newest definition; undefined where the ledger has effects alone. */
  readonly definition: Body<'exceptions'>['exceptions'][number] | undefined;
  /** In the ruleset that was activated last, and neither before its start nor expired at `asOf`; `filter`: no exception but a filter. */
  readonly state: 'in force' | 'not yet' | 'expired' | 'removed' | 'filter';
  /** Matches by the rule the exception was written for. */
  readonly matches: readonly { readonly rule: string; readonly effect: string; readonly count: number }[];
  readonly total: number;
  /** Minutes of event time of the first and last match, as text; undefined without any. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** `source/partition/offset/index` of some of them. */
  readonly samples: readonly string[];
};

const MAX_SAMPLES = 5;
type Effect = { readonly matches: Map<string, number>; first: number | undefined; last: number | undefined; readonly samples: string[] };

/** The measured effect of every exception the ledger knows; `asOf` is ms since the epoch. */
export function exceptionReport(entries: Iterable<LedgerEntry>, asOf: number): readonly ExceptionEffectReport[] {
  const definitions = new Map<string, { readonly ruleset: string; readonly body: Body<'exceptions'>['exceptions'][number] }>();
  const effects = new Map<string, Effect>();
  let active: string | undefined;
  for (const entry of entries) {
    if (entry.kind === 'activation') active = entry.body.ruleset;
    if (entry.kind === 'exceptions')
      for (const body of entry.body.exceptions) definitions.set(body.id, { ruleset: entry.body.ruleset, body });
    if (entry.kind === 'excepted') addEffects(effects, entry.body);
  }
  const ids = [...new Set([...definitions.keys(), ...effects.keys()])].sort();
  return ids.map((id) => {
    const known = definitions.get(id);
    const effect = effects.get(id);
    const matches = [...(effect?.matches ?? [])].sort().map(([key, count]) => {
      const [rule, how] = JSON.parse(key) as [string, string];
      return { rule, effect: how, count };
    });
    return {
      id,
      definition: known?.body,
      state: known === undefined && matches.some(({ effect: how }) => how === 'filter') ? 'filter' : stateOf(known, active, asOf),
      matches,
      total: matches.reduce((sum, { count }) => sum + count, 0),
      first: minuteText(effect?.first),
      last: minuteText(effect?.last),
      samples: effect?.samples ?? [],
    };
  });
}

function addEffects(effects: Map<string, Effect>, { rows, samples }: Body<'excepted'>): void {
  const of = (id: string): Effect => {
    const known = effects.get(id) ?? { matches: new Map(), first: undefined, last: undefined, samples: [] };
    effects.set(id, known);
    return known;
  };
  for (const [minute, id, rule, how, count] of rows) {
    const effect = of(id);
    const key = JSON.stringify([rule, how]);
    effect.matches.set(key, (effect.matches.get(key) ?? 0) + count);
    effect.first = effect.first === undefined ? minute : Math.min(effect.first, minute);
    effect.last = effect.last === undefined ? minute : Math.max(effect.last, minute);
  }
  for (const [id, ...place] of samples) {
    const effect = of(id);
    if (effect.samples.length < MAX_SAMPLES) effect.samples.push(place.join('/'));
  }
}

function stateOf(
  known: { readonly ruleset: string; readonly body: { readonly starts: string; readonly expires: string } } | undefined,
  active: string | undefined,
  asOf: number,
): ExceptionEffectReport['state'] {
  if (known === undefined || known.ruleset !== active) return 'removed';
  if (asOf >= Date.parse(known.body.expires)) return 'expired';
  return asOf < Date.parse(known.body.starts) ? 'not yet' : 'in force';
}

const minuteText = (minute: number | undefined): string | undefined =>
  minute === undefined ? undefined : `${new Date(minute * 60_000).toISOString().slice(0, 16)}Z`;
