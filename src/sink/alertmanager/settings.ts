import { z } from 'zod';
import { durationMs } from '../../shared/duration-setting.ts';
import { httpSettings } from '../http/settings.ts';
import { sinkName } from '../sink-name.ts';

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
