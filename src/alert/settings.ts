import { z } from 'zod';
import { durationMs } from '../shared/duration-setting.ts';
import { ENTITY_KINDS } from './entity.ts';

/** Risk of users, hosts, addresses and services, from the alerts about them. */
export const riskSettings = z.strictObject({
  halfLife: durationMs.prefault('24h').describe('After this long (event time) an alert counts half.'),
  criticality: z
    .array(
      z.strictObject({
        kind: z.enum(ENTITY_KINDS).describe('What they are.'),
        values: z.array(z.string().min(1)).min(1).describe('Their names.'),
        factor: z.union([z.literal(0.5), z.literal(1), z.literal(1.5), z.literal(2)]).describe('Their scores are multiplied by it.'),
      }),
    )
    .default([])
    .describe('How much some entities matter: 0.5, 1, 1.5 or 2.'),
  alertFrom: z
    .union([z.literal(20), z.literal(40), z.literal(70), z.literal(90)])
    .default(70)
    .describe('Reaching this threshold or a higher one (20, 40, 70, 90) is an alert.'),
  tactics: z.int().min(2).default(4).describe('So many different tactics within a day are told as well, whatever the score.'),
});
export type RiskSettings = z.infer<typeof riskSettings>;

/** Which alerts make one incident. */
const incidentPolicy = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, { error: 'lower-case letters, digits, dot, dash and underscore, at most 63' })
    .describe('Names the incidents it makes; do not change it later.'),
  by: z
    .array(z.enum(ENTITY_KINDS))
    .min(1)
    .default(['user', 'host'])
    .describe('Alerts that share an entity of these kinds belong together.'),
  after: z.int().min(2).default(2).describe('So many alerts of different rules open an incident.'),
  within: durationMs.prefault('24h').describe('The longest pause between two alerts of one incident (event time).'),
  minSeverity: z.int().min(1).max(5).default(2).describe('1 informational to 5 critical; alerts below are left out.'),
  stopValues: z.array(z.string()).default(['root', 'SYSTEM', '-', '127.0.0.1', '::1']).describe('Values that join nothing.'),
});
export type IncidentPolicy = z.infer<typeof incidentPolicy>;
export const incidentSettings = z.array(incidentPolicy);
