import { z } from 'zod';
import { durationMs } from '../shared/duration-setting.ts';
import { Secret, secretText } from '../shared/secret.ts';

const SIGNALS = ['metrics', 'traces', 'logs'] as const;

const otlpSettings = z
  .strictObject({
    endpoint: z
      .union([z.url({ protocol: /^https?$/ }), secretText])
      .describe('Base address of the collector; /v1/metrics, /v1/traces and /v1/logs are appended.'),
    headers: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/), secretText)
      .default({})
      .describe('For example authorization: ${env:NAME}.'),
    insecure: z.boolean().default(false).describe('Allow http.'),
    signals: z
      .array(z.enum(SIGNALS))
      .min(1)
      .default([...SIGNALS])
      .describe('What is sent.'),
    interval: durationMs.prefault('30s').describe('Time between two pushes of the metrics.'),
    timeout: durationMs.prefault('10s').describe('A push that took this long, with its repeats, is given up.'),
    traceRatio: z.number().min(0).max(1).default(0.05).describe('Share of batches and deliveries whose spans are sent.'),
  })
  .superRefine(({ endpoint, insecure }, context) => {
    const text = endpoint instanceof Secret ? endpoint.reveal() : endpoint;
    if (!insecure && !text.startsWith('https://'))
      context.addIssue({
        code: 'custom',
        path: ['endpoint'],
        message: 'the collector is reached over https, or over http with insecure: true',
      });
  });

/** How Wardline tells of itself; the pull side is the admin port. */
export const telemetrySettings = z.strictObject({
  serviceName: z.string().min(1).max(200).default('wardline').describe('service.name of what is sent.'),
  instance: z.string().min(1).max(200).optional().describe('service.instance.id; default: host name and process id.'),
  otlp: otlpSettings.optional().describe('Push metrics, traces and logs of Wardline itself by OTLP/HTTP.'),
});
export type TelemetrySettings = z.infer<typeof telemetrySettings>;
