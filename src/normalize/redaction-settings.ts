import { z } from 'zod';
import { secretText } from '../shared/secret.ts';

const redactedField = z.strictObject({
  field: z
    .string()
    .regex(/^[^\s.][^\s]{0,254}$/, { error: 'the dotted name of a field' })
    .describe("An ECS field or the vendor's own; a name with parts below it means all of them."),
  with: z
    .enum(['mask', 'pseudonymise', 'truncate-ip', 'drop'])
    .default('mask')
    .describe('mask: [redacted]; pseudonymise: keyed hash, equal for equal values; truncate-ip: the network; drop: the field is gone.'),
});

/** What must not leave the engine in the clear. */
export const redactSettings = z
  .strictObject({
    key: secretText.optional().describe('Key of the pseudonyms; needed for pseudonymise.'),
    fields: z.array(redactedField).default([]).describe('Fields that are changed or dropped before anything leaves.'),
    deadLetters: z
      .enum(['withhold', 'keep'])
      .default('withhold')
      .describe('Records that cannot be read have no fields: withhold keeps reason, place, length and digest only.'),
  })
  .superRefine(({ key, fields }, context) => {
    const at = fields.findIndex((one) => one.with === 'pseudonymise');
    if (at >= 0 && key === undefined)
      context.addIssue({
        code: 'custom',
        path: ['fields', at, 'with'],
        message: 'pseudonymise needs redact.key; write ${env:NAME} or ${file:/path}',
      });
  });

export type RedactSettings = z.infer<typeof redactSettings>;
