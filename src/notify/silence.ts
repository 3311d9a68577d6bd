import type { Labels } from './labels.ts';
import { compileMatchers } from './matcher.ts';
import type { Silence } from './settings.ts';

/** The id of the first silence that is in force at an instant (ms) and matches; undefined: none does. */
export type SilencedBy = (labels: Labels, at: number) => string | undefined;

export function createSilences(silences: readonly Silence[]): SilencedBy {
  const compiled = silences.map((silence) => ({ ...silence, matches: compileMatchers(silence.matchers) }));
  return (labels, at) => compiled.find(({ starts, ends, matches }) => at >= starts && at < ends && matches(labels))?.id;
}
