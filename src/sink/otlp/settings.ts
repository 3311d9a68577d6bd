import { z } from 'zod';
import { httpSettings } from '../http/settings.ts';
import { sinkName } from '../sink-name.ts';

export const otlpSinkSettings = z.strictObject({
  kind: z.literal('otlp'),
  name: sinkName,
  ...httpSettings,
  serviceName: z.string().min(1).max(200).default('wardline').describe('service.name of the resource.'),
});
export type OtlpSinkSettings = z.infer<typeof otlpSinkSettings>;
