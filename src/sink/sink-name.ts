import { z } from 'zod';

export const sinkName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, { error: 'letters, digits, dot, dash and underscore, at most 100' })
  .describe('Names the sink in the outbox and in the evidence; do not change it later.');
