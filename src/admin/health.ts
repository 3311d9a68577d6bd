import type { HealthSettings } from '../config/admin-settings.ts';
import type { EngineStatus } from '../pipeline/status.ts';

export type Health = { readonly ok: boolean; readonly reasons: readonly string[] };

/** The loop turns every second; reading a large ruleset again holds it up for some. */
const MAX_SINCE_BEAT_MS = 120_000;

/** Alive as long as the engine's loop turns: an answer alone shows only that the web server does. */
export function live(sinceBeatMs: number): Health {
  const ok = sinceBeatMs < MAX_SINCE_BEAT_MS;
  return { ok, reasons: ok ? [] : [`the loop of the engine did not turn for ${Math.round(sinceBeatMs / 1000)} s`] };
}

/**
 * Ready means: what is read now is evaluated soon and its alerts arrive. Not while state is restored, above the lag limit,
 * with a receiver that failed or gave up, or with a source that takes nothing although it has something.
 */
export function ready(status: EngineStatus, limits: HealthSettings): Health {
  const reasons: string[] = [];
  if (status.phase !== 'running') reasons.push(status.phase === 'restoring' ? 'state is being restored' : 'the engine is stopping');
  for (const { name, state, lag = 0, lagUnit } of status.sources) {
    const limit = lagUnit === 'bytes' ? limits.maxLagBytes : limits.maxLagRecords;
    if (state === 'stalled') reasons.push(`source ${name} is stalled: it takes nothing and has ${lag} ${lagUnit} unread`);
    else if (lag > limit) reasons.push(`source ${name} has ${lag} ${lagUnit} unread, more than ${limit}`);
  }
  for (const { name, state } of status.sinks) {
    if (state === 'open') reasons.push(`sink ${name} fails and is left alone for now`);
    if (state === 'disabled') reasons.push(`sink ${name} is disabled: its receiver wants nothing more`);
  }
  for (const { stage, restoring, stalled, lag } of status.stages) {
    if (restoring > 0) reasons.push(`stage ${stage} restores ${restoring} partitions`);
    if (stalled) reasons.push(`stage ${stage} is stalled with ${lag} records unread`);
    else if (lag > limits.maxLagRecords) reasons.push(`stage ${stage} has ${lag} records unread, more than ${limits.maxLagRecords}`);
  }
  return { ok: reasons.length === 0, reasons };
}
