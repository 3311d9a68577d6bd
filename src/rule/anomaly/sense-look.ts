import { durationText } from '../../shared/duration.ts';

/** One rule as it is looked at: what was written, and how what is wrong is told. */
export type Look = {
  readonly timespan: bigint;
  /** Names of `group-by`, and what they stand for. */
  readonly groupBy: readonly string[];
  readonly isWritten: (name: string) => boolean;
  /** It can never fire, or does at whatever comes. */
  error(name: string, message: string): void;
  /** It is odd, and hardly what was meant. */
  warn(name: string, message: string): void;
};

/** What is compared must differ within a group; `otherwise` says what follows where it does not (undefined: that is meant). */
export function valueSense(fields: readonly string[], { groupBy, error, warn }: Look, otherwise: string | undefined): void {
  const own = fields.filter((field) => groupBy.includes(field));
  if (own.length === fields.length && otherwise !== undefined)
    error('field', `"${own.join(', ')}" stands in group-by, so all matches of a group have the same: ${otherwise}`);
  else if (own.length > 0 && own.length < fields.length)
    warn('field', `"${own.join(', ')}" stands in group-by, so all matches of a group have the same; leave it out`);
  const twice = fields.find((field, i) => fields.indexOf(field) < i);
  if (twice !== undefined) warn('field', `"${twice}" is there twice`);
}

/** A group that pauses for as long as it is remembered learns anew. */
export function learnSense(learn: bigint, kept: bigint, name: 'forget' | 'remember', { warn }: Look): void {
  if (learn > kept)
    warn(
      'learn',
      `"learn" (${durationText(learn)}) is longer than "${name}" (${durationText(kept)}): what a group learned is forgotten before it is used`,
    );
}
