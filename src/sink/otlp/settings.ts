import { z } from 'zod';
import { httpSettings } from '../http/settings.ts';
import { sinkName } from '../sink-name.ts';

export const otlpSinkSettings = z.strictObject({
  kind: z.literal('otlp'),
  name: sinkName,
  ...httpSettings,
  encoding: z.enum(['protobuf', 'json']).default('protobuf').describe('Form of the body; every collector takes protobuf.'),
  serviceName: z.string().min(1).max(200).default('wardline').describe('service.name of the resource.'),
});
export type OtlpSinkSettings = z.infer<typeof otlpSinkSettings>;
