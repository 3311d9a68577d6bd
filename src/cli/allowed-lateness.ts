import { settingsSchema } from '../config/settings.ts';
import type { Nanos } from '../event/time.ts';
import type { LoadedFile } from './load.ts';

/** How late an event may be: by the settings that were named, else as in a run that does not say. */
export const allowedLatenessOf = (loaded: LoadedFile | undefined): Nanos =>
  (loaded?.settings ?? settingsSchema.parse({ sources: [{ kind: 'stdin', name: 'input' }] })).engine.allowedLateness;
