import { z } from 'zod';
import { durationMs } from '../shared/duration-setting.ts';
import { guardListener, listenAddress, serverTls } from '../source/listen-settings.ts';

const healthSettings = z.strictObject({
  maxLagRecords: z.int().min(1).default(100_000).describe('Not ready when a source has more records unread than this.'),
  maxLagBytes: z
    .int()
    .min(1)
    .default(256 * 1024 * 1024)
    .describe('Not ready when files have more bytes unread than this.'),
  stalledAfter: durationMs.prefault('1m').describe('A source that has something to read and takes nothing for this long is stalled.'),
});
export type HealthSettings = z.infer<typeof healthSettings>;

/** The admin port: health, metrics, status, the console. */
export const adminSettings = z
  .strictObject({
    listen: listenAddress('127.0.0.1:9464'),
    tls: serverTls.optional(),
    hosts: z
      .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/, { error: 'a host name, without a port' }))
      .default([])
      .describe('Names under which the port is called, besides the address itself and localhost; any other Host is refused.'),
    publicProbes: z
      .boolean()
      .optional()
      .describe('Health and metrics without a token. Default: at a loopback address only. They hold no event data.'),
    tokens: z.string().min(1).default('wardline-tokens.json').describe('File of the tokens, as SHA-256; wardline token writes it.'),
    health: healthSettings.prefault({}).describe('When the process says of itself that it is not ready.'),
  })
  .superRefine((settings, context) => {
    guardListener({ ...settings, token: settings.tokens }, context, 'tls (callers show a token of the tokens file)');
  });
export type AdminSettings = z.infer<typeof adminSettings>;
