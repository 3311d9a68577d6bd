import { z } from 'zod';
import { httpSettings } from '../http/settings.ts';
import { sinkName } from '../sink-name.ts';

export const lokiSinkSettings = z.strictObject({
  kind: z.literal('loki'),
  name: sinkName,
  ...httpSettings,
  labels: z
    .record(z.string().regex(/^(?!__)[A-Za-z_]\w{0,63}$/), z.string().max(200))
    .default({ job: 'wardline' })
    .describe('Labels of every stream, beside severity and tenant.'),
});
export type LokiSinkSettings = z.infer<typeof lokiSinkSettings>;
