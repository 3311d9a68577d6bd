import type { Router } from '../../correlate/route.ts';
import type { Ruleset } from '../../rule/load.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { NumberedBundle, RulesetHistory, RulesetLog } from '../../transport/ruleset-log.ts';
import type { RulesetParts } from '../engine.ts';
import type { CorrelateParts } from './reducer.ts';

/** A compiled ruleset as the stages need it. */
export type StageRules = {
  readonly digest: string;
  readonly ruleset: Ruleset;
  readonly ingest: RulesetParts['ingest'];
  readonly router: Router;
  readonly correlate: CorrelateParts;
};

/**
 * The rulesets of a deployment by their number. A number is one bundle for ever; it holds in a partition of matches from its
 * activation record on, and for a source partition from the commit that names it (delivery page, section 5).
 */
export type Rulesets = {
  /** The newest one whose activation stands in every partition of matches, as far as is known; 0: none. */
  newest(): number;
  /** The same with its bundle, for a partition of matches whose log no longer says it. */
  newestBundle(): NumberedBundle | undefined;
  /** Throws WardlineError `transport` (retryable) while the set cannot be had. */
  load(seq: number): Promise<StageRules>;
  /** The same by the sha256 of its bundle. */
  loadBundle(bundle: string): Promise<StageRules>;
};

/** The newest set, once there is one. */
export function newestOf(rulesets: Rulesets): number {
  const seq = rulesets.newest();
  if (seq === 0) throw new WardlineError('transport', 'no ruleset is active yet', { retryable: true });
  return seq;
}

/** Rulesets out of their log, each compiled once; `refresh` looks whether there is a newer one. */
export function createRulesets(
  log: RulesetLog,
  compile: (bundle: Uint8Array, sha256: string) => StageRules,
): Rulesets & { refresh(): Promise<void> } {
  let history: RulesetHistory | undefined;
  const compiled = new Map<string, StageRules>();
  const refresh = async (): Promise<void> => {
    history = await log.read();
  };
  const loadBundle = async (bundle: string): Promise<StageRules> => {
    const known = compiled.get(bundle);
    if (known !== undefined) return known;
    if (history?.bundle(bundle) === undefined) await refresh();
    const bytes = history?.bundle(bundle);
    if (bytes === undefined)
      throw new WardlineError('transport', `the rules ${bundle.slice(0, 12)} are not in the control topic`, { retryable: true });
    const rules = compile(bytes, bundle);
    compiled.set(bundle, rules);
    return rules;
  };
  return {
    refresh,
    newest: () => history?.active ?? 0,
    newestBundle() {
      const bundle = history?.chosen.get(history.active);
      return history === undefined || bundle === undefined ? undefined : { seq: history.active, bundle };
    },
    loadBundle,
    async load(seq) {
      if (!history?.chosen.has(seq)) await refresh();
      const bundle = history?.chosen.get(seq);
      if (bundle === undefined)
        throw new WardlineError('transport', `there is no ruleset of number ${seq} in the control topic`, { retryable: true });
      return loadBundle(bundle);
    },
  };
}
