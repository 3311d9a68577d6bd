import type { Logsource } from '../event/event.ts';
import type { Format } from './format.ts';
import { withImpliedCategories } from './implied-categories.ts';
import { formats as builtIn } from './index.ts';

/** What a source of the settings says about its events. */
export type SourceForm = { readonly format?: string | undefined; readonly logsource?: Logsource | undefined };

/** Every log source that events of a source can have: its own, its format's, or those of all formats. */
export function possibleLogsources({ format, logsource }: SourceForm, formats: readonly Format[] = builtIn): readonly Logsource[] {
  if (logsource !== undefined) return withImpliedCategories([logsource]);
  return withImpliedCategories(formats.filter(({ name }) => format === undefined || name === format).flatMap((one) => one.logsources));
}
