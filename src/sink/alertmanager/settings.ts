import { z } from 'zod';
import { tryParseDuration } from '../../shared/duration.ts';
import { httpSettings } from '../http/settings.ts';
import { sinkName } from '../sink-name.ts';

const durationMs = z
  .string()
  .refine((text) => tryParseDuration(text) !== undefined, { error: 'not a duration; write 5m or 24h' })
  .transform((text) => Number((tryParseDuration(text) ?? 0n) / 1_000_000n));

export const alertmanagerSinkSettings = z.strictObject({
  kind: z.literal('alertmanager'),
  name: sinkName.default('alertmanager'),
  ...httpSettings,
  labels: z
    .record(z.string().regex(/^(?!__)[A-Za-z_]\w{0,63}$/), z.string().max(200))
    .default({})
    .describe('Labels of every alert, beside alertname, rule_id, severity, tenant and the group.'),
  validFor: durationMs.prefault('24h').describe('An open alert that nothing more is heard of is over for Alertmanager after this long.'),
});
export type AlertmanagerSinkSettings = z.infer<typeof alertmanagerSinkSettings>;
