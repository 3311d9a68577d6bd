import type { Logsource } from '../event/event.ts';
import { type LogsourceMapping, withLogsources } from './custom-logsources.ts';
import type { Format } from './format.ts';
import { withImpliedCategories } from './implied-categories.ts';
import { formats as builtIn } from './index.ts';
import type { LogsourceRouting } from './routes.ts';

/** What a source of the settings says about its events. */
export type SourceForm = { readonly format?: string | undefined; readonly logsource?: Logsource | undefined };

/** Every log source that events of a source can have: its own, its format's, or those of all formats. */
export function possibleLogsources({ format, logsource }: SourceForm, formats: readonly Format[] = builtIn): readonly Logsource[] {
  if (logsource !== undefined) return withImpliedCategories([logsource]);
  return withImpliedCategories(formats.filter(({ name }) => format === undefined || name === format).flatMap((one) => one.logsources));
}

/** The settings that say which events belong to which log source. */
export type LogsourceTable = {
  readonly sources: readonly (SourceForm & { readonly name: string })[];
  readonly logsource: LogsourceRouting;
  readonly logsources: readonly LogsourceMapping[];
};

/** What a configured source can give to rules; `every`: events that are for rules of every log source. */
export type Supply = { readonly name: string; readonly labels: readonly Logsource[]; readonly every: boolean };

/** What the configured sources can give to rules, in their order. */
export function suppliesOf({ sources, logsource: { unknown }, logsources }: LogsourceTable): readonly Supply[] {
  const known = withLogsources(builtIn, logsources);
  return sources.map((source) => ({
    name: source.name,
    labels: possibleLogsources(source, known),
    every: unknown === 'all' && canBeUnknown(source),
  }));
}

/** Can a source give events that no log source is known of? Those of JSON, of ECS documents and of plain text have none. */
function canBeUnknown({ format, logsource }: SourceForm): boolean {
  return logsource === undefined && builtIn.some(({ name, logsources }) => logsources.length === 0 && (format ?? name) === name);
}
