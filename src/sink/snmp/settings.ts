import { z } from 'zod';
import { secretText } from '../../shared/secret.ts';
import { sinkName } from '../sink-name.ts';
import { updatesSetting } from '../updates.ts';

export const snmpSinkSettings = z.strictObject({
  kind: z.literal('snmp'),
  name: sinkName,
  host: z.string().min(1).max(253).describe('The manager that takes the notifications.'),
  port: z.int().min(1).max(65_535).default(162).describe('Its port.'),
  confirmed: z.boolean().default(true).describe('Send informs, which the receiver confirms; false: traps, which may be lost unseen.'),
  version: z
    .discriminatedUnion('number', [
      z.strictObject({ number: z.literal('2c').describe('Which version.'), community: secretText.describe('The community.') }),
      z.strictObject({
        number: z.literal('3').describe('Which version.'),
        user: z.string().min(1).max(32).describe('The user.'),
        auth: z.enum(['sha', 'sha256', 'sha512']).default('sha256').describe('The hash that signs.'),
        authKey: secretText.describe('The key that signs.'),
        priv: z.literal('aes').default('aes').describe('The cipher: AES-128.'),
        privKey: secretText.describe('The key that enciphers.'),
      }),
    ])
    .describe('2c sends its community as it is; 3 is signed and enciphered.'),
  oid: z
    .string()
    .regex(/^1(?:\.\d{1,9}){6,30}$/, { error: 'an object identifier such as 1.3.6.1.4.1.32473.1' })
    .default('1.3.6.1.4.1.32473.1')
    .describe('Below it lie notification (.0.1) and values (.1 and on); put it below your own enterprise number.'),
  updates: updatesSetting,
});
export type SnmpSinkSettings = z.infer<typeof snmpSinkSettings>;
