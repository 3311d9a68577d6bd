import type { Clock } from '../../shared/clock.ts';
import { sha256Hex } from '../../shared/digest.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { appendEverywhere, type LogWriter } from '../../transport/port.ts';
import type { NumberedBundle, RulesetLog } from '../../transport/ruleset-log.ts';
import { errorsOf } from './bundle.ts';
import { ACTIVATION_KEY, encodeMatchRecord } from './records.ts';

export type ActivationDeps = {
  readonly log: RulesetLog;
  readonly matches: LogWriter;
  readonly refresh: () => Promise<void>;
  /** The rules of this process as they are now. */
  readonly bundle: () => Uint8Array;
  /** Told after every partition of matches was, perhaps again. */
  readonly told: (chosen: NumberedBundle) => Promise<void>;
  /** Told at every change of the rules of this process: which of their files have errors. */
  readonly judged: (broken: readonly string[]) => void;
  readonly clock: Clock;
  readonly logger: Logger;
};

const LOOK_MS = 2000;
const START_ATTEMPTS = 15;

const isRetryable = (error: unknown): boolean => !(error instanceof WardlineError) || error.retryable;

/** Tells every partition of matches that a ruleset holds from here on. */
export const announceTo =
  (matches: LogWriter) =>
  ({ seq, bundle }: NumberedBundle): Promise<void> =>
    appendEverywhere(matches, [{ key: ACTIVATION_KEY, value: encodeMatchRecord({ kind: 'activation', seq, digest: bundle }) }]);

/**
 * At the start: the first process of a deployment makes its rules active; with `own` any does. Others take what is active.
 * A topic that was made a moment ago may not be there for everybody yet, so it is tried for a while.
 */
export async function firstRules(deps: ActivationDeps, own: boolean, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await choose(deps, own);
    } catch (error) {
      if (attempt === START_ATTEMPTS || !isRetryable(error)) throw error;
      deps.logger.debug({ error: messageOf(error) }, 'the rules of the deployment cannot be read yet');
      await deps.clock.sleep(LOOK_MS, signal);
    }
  }
}

const announceFor =
  ({ matches, told }: ActivationDeps) =>
  async (chosen: NumberedBundle): Promise<void> => {
    await announceTo(matches)(chosen);
    await told(chosen);
  };

async function choose(deps: ActivationDeps, own: boolean): Promise<void> {
  const { log, refresh, bundle, logger } = deps;
  const history = await log.read();
  const mine = bundle();
  if (own || history.active === 0) {
    const { seq } = await log.activate(mine, announceFor(deps));
    logger.info({ seq }, 'the rules of this process are active');
  } else if (history.chosen.get(history.active) !== sha256Hex(mine)) {
    logger.warn(
      { active: history.active },
      'the rules of this process are not the active ones and are left alone; they become active when they change while it runs, or at a start with --activate',
    );
  }
  await refresh();
}

/** While it runs: looks for newer rules in the log, and makes those of this process active when they changed. */
export async function followRules(deps: ActivationDeps, signal: AbortSignal): Promise<void> {
  const { log, refresh, bundle, clock, logger } = deps;
  let looked = bundle();
  let seen = sha256Hex(looked);
  let fault: string | undefined;
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    if (signal.aborted) return;
    try {
      const mine = bundle();
      const digest = mine === looked ? seen : sha256Hex(mine);
      const errors = digest === seen ? undefined : errorsOf(mine);
      if (digest !== seen) deps.judged(errors?.files ?? []);
      if (errors !== undefined) logger.error({ errors: errors.text }, 'the rules that were read again have errors; the active ones stay');
      else if (digest !== seen) {
        const { seq } = await log.activate(mine, announceFor(deps));
        logger.info({ seq }, 'the rules were read again and are active');
      }
      seen = digest;
      looked = mine;
      await refresh();
      if (fault !== undefined) logger.info({}, 'the rules can be read again');
      fault = undefined;
    } catch (error) {
      // What is half done is taken up at the next look, by this process or by another.
      const why = messageOf(error);
      if (why !== fault) logger.warn({ error: why }, 'rules could not be read or made active; trying again');
      fault = why;
    }
  }
}
