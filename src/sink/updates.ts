import { z } from 'zod';
import { at } from './alert-row.ts';
import type { AlertDocument } from './sink.ts';

export const updatesSetting = z.enum(['none', 'all']).default('all').describe('none: only newly opened alerts.');

/** Is the receiver told of this step of the alert's life? */
export function isWanted(updates: z.infer<typeof updatesSetting>, { document }: AlertDocument): boolean {
  return updates === 'all' || at(document, 'wardline.alert.stage') === 'opened';
}
