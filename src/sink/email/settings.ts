import { z } from 'zod';
import { secretText } from '../../shared/secret.ts';
import { sinkName } from '../sink-name.ts';
import { updatesSetting } from '../updates.ts';

/** A bare address; a display name would be one more thing to quote. */
const address = z.email();

export const emailSinkSettings = z.strictObject({
  kind: z.literal('email'),
  name: sinkName,
  host: z.string().min(1).max(253).describe('The SMTP server that takes the messages.'),
  port: z.int().min(1).max(65_535).default(587).describe('Its port.'),
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls').describe('none needs insecure: true.'),
  insecure: z.boolean().default(false).describe('Allow tls: none.'),
  ca: z.string().optional().describe('PEM text of the authority that signed the server’s certificate.'),
  username: z.string().min(1).optional().describe('Who signs in at the server; never without TLS.'),
  password: secretText.optional().describe('The password of the user.'),
  from: address.describe('A bare address, without a name.'),
  to: z.array(address).min(1).max(50).describe('Who gets the messages.'),
  updates: updatesSetting,
});
export type EmailSinkSettings = z.infer<typeof emailSinkSettings>;
