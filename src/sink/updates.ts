import { z } from 'zod';
import { at } from './alert-row.ts';
import { LEVELS } from './facts.ts';
import type { AlertDocument } from './sink.ts';

export const updatesSetting = z
  .enum(['none', 'severity', 'all'])
  .default('all')
  .describe('none: only newly opened alerts; severity: also when one becomes more severe, and when it is over; all: every step.');

/** Is the receiver told of this step of the alert's life? */
export function isWanted(updates: z.infer<typeof updatesSetting>, { document }: AlertDocument): boolean {
  if (updates === 'all') return true;
  const stage = at(document, 'wardline.alert.stage');
  if (stage === 'opened' || updates === 'none') return stage === 'opened';
  if (stage === 'closed' || stage === 'merged') return true;
  const rank = (path: string): number => LEVELS.indexOf(String(at(document, path)));
  return rank('wardline.alert.severity_before') >= 0 && rank('wardline.alert.severity') > rank('wardline.alert.severity_before');
}
