import { z } from 'zod';
import { LEVELS } from '../rule/ir/rule.ts';
import { durationMs as duration } from '../shared/duration-setting.ts';

const id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, { error: 'lower-case letters, digits, dot, dash and underscore' });
const share = z.number().min(0).max(1);
const count = z.int().min(0);
const text = z.string().min(1);

/** Rules of the ruleset that was active: those that any of the lists names; `every` means all. */
export const ruleSelector = z
  .strictObject({
    ids: z.array(text).optional(),
    controls: z.array(text).optional(),
    levels: z.array(z.enum(LEVELS)).optional(),
    every: z.literal(true).optional(),
  })
  .refine((rules) => Object.keys(rules).length === 1, { error: 'give exactly one of ids, controls, levels, every' });
export type RuleSelector = z.infer<typeof ruleSelector>;

/** What is counted: events of a source role, records it lost, or matches and alerts of rules. */
export const quantity = z.union([
  z.strictObject({ events: id, type: text.optional() }),
  z.strictObject({ parsed: id }),
  z.strictObject({ unparsed: id }),
  z.strictObject({ late: id }),
  z.strictObject({ lost: id }),
  z.strictObject({ matches: ruleSelector }),
  z.strictObject({ alerts: ruleSelector }),
]);
export type Quantity = z.infer<typeof quantity>;

const needs = z.strictObject({
  /** Source roles that must be whole for a verdict. */
  sources: z.array(id).optional(),
  /** Rules that must have been evaluated all the time. */
  rules: ruleSelector.optional(),
  min_completeness: share.optional(),
  max_blind: z.union([z.literal('0s').transform(() => 0), duration]).optional(),
});

const base = { id, title: text.optional(), needs: needs.optional(), window: duration.optional() };
const vacuous = z.enum(['undecided', 'use-guards']).default('undecided');

export const measureSchema = z.discriminatedUnion('kind', [
  /** Each source (or each event type the role declares) seen within its `within`; or each selected rule evaluated. */
  z.strictObject({ ...base, kind: z.literal('presence'), source: id }),
  z.strictObject({ ...base, kind: z.literal('evaluated'), rules: ruleSelector, min: count.default(1) }),
  z.strictObject({ ...base, kind: z.literal('continuity'), source: id, max_silence: duration.optional() }),
  z.strictObject({ ...base, kind: z.literal('content'), source: id, threshold: share }),
  z.strictObject({
    ...base,
    kind: z.literal('count'),
    of: quantity,
    population: quantity.optional(),
    max: count.optional(),
    min: count.optional(),
  }),
  z.strictObject({ ...base, kind: z.literal('ratio'), num: quantity, den: quantity, threshold: share }),
  z.strictObject({ ...base, kind: z.literal('absence'), of: quantity, population: quantity }),
  /** Alert documents by the time from their record to the receiver; what never arrived is infinitely late. */
  z.strictObject({ ...base, kind: z.literal('latency'), alerts: ruleSelector, receiver: text, quantile: share, max: duration, vacuous }),
  /** Alert documents that no receiver took within the time are orphans. */
  z.strictObject({
    ...base,
    kind: z.literal('pairing'),
    alerts: ruleSelector,
    receiver: text,
    within: duration,
    max_orphans: count,
    vacuous,
  }),
  z.strictObject({ ...base, kind: z.literal('canary'), canary: text, every: duration, within: duration }),
  z.strictObject({ ...base, kind: z.literal('integrity') }),
  z.strictObject({ ...base, kind: z.literal('attestation'), statement: text }),
]);
export type Measure = z.infer<typeof measureSchema>;

const objectiveSchema = z
  .strictObject({
    title: text.optional(),
    all: z.array(id).min(1).optional(),
    any: z.array(id).min(1).optional(),
    k_of: z.strictObject({ k: z.int().min(1), of: z.array(id).min(1) }).optional(),
    guards: z.array(id).optional(),
    strength: z.enum(['strong', 'partial', 'manual-only']),
    /** How often it is decided, and how long a decision counts. */
    frequency: duration.default(86_400_000),
    valid_for: duration.default(259_200_000),
    why: z.record(text, z.union([text, z.boolean()])).optional(),
  })
  .refine((objective) => [objective.all, objective.any, objective.k_of].filter((e) => e !== undefined).length <= 1, {
    error: 'give at most one of all, any, k_of',
  });
export type Objective = z.infer<typeof objectiveSchema>;

const sourceRole = z.strictObject({
  id,
  title: text.optional(),
  /**
   * Names of sources in the settings; "*" = every source in the ledger, so that what should report is not declared;
   * "unbound" = none until the profile names them.
   */
  from: z.union([z.literal('*'), z.literal('unbound'), z.array(text).min(1)]),
  /** Longest normal silence; at least a minute, the grain of the ledger. */
  heartbeat: duration.refine((ms) => ms >= 60_000, { error: 'at least 1m: the ledger counts by the minute' }),
  /** How far an event may lie behind the newest one; lost records are searched this far around. */
  lateness: duration.default(300_000),
  event_types: z.record(id, z.strictObject({ types: z.array(text).min(1), within: duration })).optional(),
});
export type SourceRole = z.infer<typeof sourceRole>;

export const packSchema = z.strictObject({
  kind: z.literal('ControlPack'),
  schema: z.literal(1),
  id,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  title: text,
  description: text.optional(),
  catalog: z.strictObject({ id: text, version: text, sha256: text.optional(), href: z.url().optional() }),
  /** The whole of which the pack covers a part; the report opens with it. */
  scope: z.strictObject({ title: text, objectives: z.int().min(1), controls: z.int().min(1) }),
  parameters: z
    .record(text, z.strictObject({ value: z.union([text, z.number(), z.array(text)]), source: text, ref: text.optional() }))
    .default({}),
  sources: z.array(sourceRole),
  defaults: z.strictObject({ needs: needs.optional(), window: duration.optional() }).default({}),
  measures: z.array(measureSchema),
  controls: z.record(
    id,
    z.strictObject({
      title: text,
      objectives: z.record(id, objectiveSchema).refine((o) => Object.keys(o).length > 0, { error: 'no objectives' }),
    }),
  ),
  maps: z.array(z.strictObject({ framework: text, id: text, title: text.optional(), methods: z.array(id).min(1) })).default([]),
  /** Every control of the whole, id to title. Those that no measure decides are listed as not assessed. */
  baseline: z.record(id, text).optional(),
  /** Stages of maturity, lowest first; an objective belongs to the stage its id ends in (`..._obj.initial`). */
  stages: z.array(id).min(2).optional(),
});

/** What editors are told of a pack: a whole one, or one that lays its keys over another file of its folder. */
export const packFileSchema = z.union([
  packSchema,
  packSchema.partial().extend({
    kind: z.literal('ControlPack'),
    schema: z.literal(1),
    extends: z
      .string()
      .regex(/^[\w.-]+\.ya?ml$/)
      .describe('A pack file of the same folder, or a shipped one, that lies below this one.'),
  }),
]);
export type PackDocument = z.infer<typeof packSchema>;

/** What a deployment says about itself, beside the pack: names, values for parameters, sources of the roles, overlays. */
export const profileSchema = z.strictObject({
  kind: z.literal('ReportProfile').default('ReportProfile'),
  organization: text.optional(),
  system: text.optional(),
  parameters: z.record(text, z.union([text, z.number(), z.array(text)])).default({}),
  /** Source role -> names of sources in the settings, with the role's own limits. */
  sources: z
    .record(id, z.strictObject({ from: z.array(text).min(1), heartbeat: duration.optional(), lateness: duration.optional() }))
    .default({}),
  overlays: z
    .array(
      z.strictObject({
        id,
        objective: id,
        kind: z.enum(['waiver', 'risk-acceptance', 'false-positive', 'not-applicable']),
        owner: text,
        approver: text,
        reason: text,
        ticket: text,
        from: z.iso.datetime(),
        until: z.iso.datetime(),
      }),
    )
    .default([]),
});
export type Profile = z.infer<typeof profileSchema>;
