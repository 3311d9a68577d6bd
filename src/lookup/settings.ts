import { z } from 'zod';
import { httpSettings } from '../sink/http/settings.ts';

const name = z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, { error: 'letters, digits, dots, dashes and underscores' });

/** Where a fact of a file of kind Facts comes from. */
export const factSettings = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    name: name.describe('The fact, as rules name it.'),
    ...httpSettings,
  }),
  z.strictObject({
    kind: z.literal('file'),
    name: name.describe('The fact, as rules name it.'),
    path: z.string().min(1).describe('JSON object by key: the values of the fact’s fields, joined by "|".'),
  }),
]);

export type FactSettings = z.infer<typeof factSettings>;
