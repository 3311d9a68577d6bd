import { z } from 'zod';

/** An http or https address without a user or password in it: those are secrets and belong into a reference. */
export const plainUrl = z.url({ protocol: /^https?$/ }).refine((text) => !/^https?:\/\/[^/?#]*@/i.test(text), {
  error:
    'a user or password in an address is a secret; use the settings for it, or write the whole address as ${env:NAME} or ${file:/path}',
});
