import { z } from 'zod';
import { secretText } from '../../shared/secret.ts';
import { httpSettings } from '../http/settings.ts';
import { sinkName } from '../sink-name.ts';
import { updatesSetting } from '../updates.ts';
import { payloadSetting } from './payloads/settings.ts';

export const webhookSinkSettings = z.strictObject({
  kind: z.literal('webhook'),
  name: sinkName,
  ...httpSettings,
  secret: secretText.optional().describe('Signing key, whsec_<base64 of 24 to 64 bytes>.'),
  previousSecret: secretText.optional().describe('The key before, while receivers change over: both signatures are sent.'),
  payload: payloadSetting,
  updates: updatesSetting,
  inFlight: z.int().min(1).max(64).default(4).describe('Calls under way at a time; the steps of one alert stay in order.'),
  perSecond: z.number().positive().max(10_000).optional().describe('The most calls begun in a second.'),
});
export type WebhookSinkSettings = z.infer<typeof webhookSinkSettings>;
