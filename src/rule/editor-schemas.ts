import { z } from 'zod';
import { meaningOf } from './anomaly/meanings.ts';
import { defaultText } from './anomaly/parameters.ts';
import { ANOMALY_TYPES } from './anomaly/types.ts';
import { ADDED_OPERATORS, CONTEXT_STORES } from './ir/condition.ts';
import { JOIN_KEYS, LEVELS, TRACE_RELATIONS } from './ir/rule.ts';
import { JSON_OPERATORS } from './json-rules/operators.ts';
import { SENSITIVITIES, STRENGTHS } from './policy/checks.ts';
import { TYPES } from './sigma/correlation-condition.ts';

/**
 * What editors are told about rule files. Looser than the readers, which also know references, modifiers and fields:
 * `wardline check` decides.
 */
const texts = z.union([z.string(), z.array(z.string())]);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const value = z.union([scalar, z.array(scalar)]);

const dedup = z.union([z.literal('each'), z.strictObject({ by: z.array(z.string()).optional(), within: z.string().optional() })]);
const wardline = z.looseObject({
  controls: z.array(z.string()).optional().describe('Controls this rule is evidence for, such as nist-800-53:ac-7.'),
  alert: z
    .looseObject({
      dedup: dedup.optional().describe('How matches fold into one alert: by these fields, within this pause; or each.'),
      risk_score: z.number().min(0).max(100).optional().describe('In place of the score of the level.'),
      severity: z
        .array(
          z.strictObject({
            level: z.enum(LEVELS),
            count: z.int().min(1).optional().describe('The alert has at least so many events.'),
            fields: z.record(z.string(), value).optional().describe('All events of the alert have one of these values.'),
          }),
        )
        .optional()
        .describe('Level of an alert by its size and values; the first case that holds wins, else the level of the rule.'),
      building_block: z.boolean().optional().describe('Stored and fed to other rules, but nobody is notified.'),
    })
    .optional(),
  labels: z.record(z.string(), z.string()).optional().describe('Copied into the labels of every alert.'),
  mode: z
    .enum(['alert', 'shadow', 'canary'])
    .optional()
    .describe('shadow: counted, nobody is told; canary: also held against the rule in "of".'),
  of: z.string().optional().describe('The rule that a canary is to replace.'),
});

const meta = {
  title: z.string().describe('What the alert is called.'),
  id: z.string().optional().describe('Stable id, a UUID for Sigma rules.'),
  name: z.string().optional().describe('Short name for references from other rules.'),
  description: z.string().optional(),
  status: z.enum(['stable', 'test', 'experimental', 'deprecated', 'unsupported']).optional(),
  level: z.enum(LEVELS).optional(),
  author: z.string().optional(),
  date: z.string().optional(),
  modified: z.string().optional(),
  license: z.string().optional(),
  references: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  falsepositives: texts.optional(),
  wardline: wardline.optional(),
};

const logsource = z.looseObject({ category: z.string().optional(), product: z.string().optional(), service: z.string().optional() });
const conditionText = z.union([z.string(), z.array(z.string())]);

export const sigmaSchema = z.looseObject({
  ...meta,
  logsource,
  detection: z.intersection(z.looseObject({ condition: conditionText }), z.record(z.string(), z.unknown())),
});

const comparisons = {
  gt: z.number().optional(),
  gte: z.number().optional(),
  lt: z.number().optional(),
  lte: z.number().optional(),
  eq: z.number().optional(),
  neq: z.number().optional(),
};
export const correlationSchema = z.looseObject({
  ...meta,
  correlation: z.looseObject({
    type: z.enum(TYPES),
    rules: texts.optional(),
    'group-by': texts.optional(),
    timespan: z.string().regex(/^[1-9]\d*[smhdwMy]$/),
    generate: z.boolean().optional(),
    aliases: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    condition: z
      .union([z.string(), z.strictObject({ ...comparisons, field: texts.optional(), percentile: z.number().min(0).max(100).optional() })])
      .optional(),
  }),
});

const told = (meaning: string | undefined, value: string): string => `${meaning ?? ''} Value: ${value}.`.trim();

/** One form per type, out of the same table that the reader has; the value of a parameter is said in words. */
export const anomalySchema = z.looseObject({
  ...meta,
  anomaly: z.union(
    Object.entries(ANOMALY_TYPES).map(([type, { parameters, timespan }]) =>
      z.strictObject({
        type: z.literal(type),
        rules: texts,
        'group-by': texts.optional(),
        aliases: z.record(z.string(), z.record(z.string(), z.string())).optional(),
        generate: z.boolean().optional(),
        ...(timespan === undefined
          ? {}
          : {
              timespan: z
                .string()
                .optional()
                .describe(told(meaningOf(type, 'timespan'), `a duration; default ${timespan}`)),
            }),
        ...Object.fromEntries(
          Object.entries(parameters).map(([name, parameter]) => {
            const { expects, otherwise, optional } = parameter;
            const byDefault = defaultText(parameter);
            const value = byDefault === undefined ? expects : `${expects}; default ${byDefault}`;
            const any = z.union([scalar, z.array(scalar)]).describe(told(meaningOf(type, name), value));
            return [name, otherwise === undefined && optional === undefined ? any : any.optional()];
          }),
        ),
      }),
    ),
  ),
});

const leaf = z.strictObject({
  fact: z.string(),
  operator: z
    .string()
    .describe(`One of ${[...JSON_OPERATORS, ...ADDED_OPERATORS].join(', ')}, or of a file of kind Operators; decorators stand before it.`),
  value: z.unknown(),
  path: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  name: z.string().optional(),
  priority: z.int().optional(),
});
const also = { name: z.string().optional(), priority: z.int().optional() };
const condition: z.ZodType = z.lazy(() =>
  z.union([
    leaf,
    z.strictObject({ all: z.array(condition).min(1), ...also }),
    z.strictObject({ any: z.array(condition).min(1), ...also }),
    z.strictObject({ not: condition, ...also }),
    z.strictObject({ condition: z.string(), ...also }),
  ]),
);
const jsonRule = z.looseObject({
  ...meta,
  title: z.string().optional(),
  logsource: logsource.optional(),
  conditions: condition,
  event: z.looseObject({
    type: z.string(),
    params: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Carried by the alert; {"fact": ..., "path": ...} is replaced by its value.'),
  }),
  priority: z.int().min(1).optional().describe('Rules of a higher one come first among those that hold for an event.'),
});
const named = z.record(z.string(), z.unknown());
export const jsonRulesSchema = z.union([
  jsonRule,
  z.looseObject({ kind: z.literal('Conditions'), conditions: z.record(z.string(), condition) }),
  z.looseObject({
    kind: z.literal('Operators'),
    operators: named.describe('Condition trees without facts; {"given": "$[0]"} is what a rule gives.'),
  }),
  z.looseObject({ kind: z.literal('Facts'), facts: named.describe('Constants by name.') }),
]);

const access = z.record(z.string(), value);
const selection = z.union([access, z.array(access)]);
const zones = z.union([texts, z.strictObject({ source: texts.optional(), destination: texts.optional() })]);
const checks = z.strictObject({
  spiffe_proof: texts.optional(),
  spiffe: texts.optional(),
  via: texts.optional(),
  geo: texts.optional(),
  audience: texts.optional(),
  mtls: z.literal(true).optional(),
  tls_min: z.string().optional(),
  mfa: z.union([z.enum(STRENGTHS), z.strictObject({ strength: z.enum(STRENGTHS).optional(), max_age: z.string().optional() })]).optional(),
  device: z
    .strictObject({
      managed: z.boolean().optional(),
      posture: texts.optional(),
      posture_max_age: z.string().optional(),
      owner: texts.optional(),
    })
    .optional(),
  zone: zones.optional(),
  group: texts.optional(),
  role: texts.optional(),
  identity: z.strictObject({ type: texts.optional(), state: texts.optional(), risk_max: z.number().optional() }).optional(),
  grant: z.union([z.string(), z.strictObject({ role: z.string() })]).optional(),
  data: z.strictObject({ sensitivity_max: z.enum(SENSITIVITIES).optional(), bytes_max: z.number().optional() }).optional(),
  session: z.strictObject({ max_age: z.string() }).optional(),
  exception: z
    .union([z.literal(true), z.strictObject({ id: texts })])
    .optional()
    .describe('The exception that the access names is in force.'),
});
const zeroTrustPolicy = z.looseObject({
  kind: z.literal('ZeroTrustPolicy'),
  schema: z.literal(1),
  form: z.enum(['selections', 'json-rules-engine']).optional(),
  id: z.string(),
  version: z.number().optional(),
  title: z.string(),
  description: z.string().optional(),
  owner: z.string().optional(),
  mode: z.enum(['alert', 'shadow']).optional(),
  severity: z.enum(LEVELS).optional(),
  controls: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  on_missing_context: z.enum(['violation', 'undecided']).optional().describe('What an access is whose verdict is not known.'),
  decision: z
    .strictObject({
      required: z.boolean().optional(),
      join: z.array(z.enum(JOIN_KEYS)).optional(),
      max_age: z.string().optional(),
      skew: z.string().optional(),
      revisions: z.string().optional(),
    })
    .optional()
    .describe('Every access must have a decision of a policy point behind it.'),
  scope: selection.describe('Which accesses the policy is about.'),
  allow: z
    .array(z.strictObject({ id: z.string(), when: selection.optional(), require: checks.optional(), conditions: condition.optional() }))
    .optional(),
  forbid: z
    .array(
      z.strictObject({ id: z.string(), when: selection.optional(), conditions: condition.optional(), detector: z.string().optional() }),
    )
    .optional(),
});
const contextStore = z.strictObject({
  kind: z.literal('Context'),
  store: z.enum(CONTEXT_STORES),
  as_of: z.string().optional().describe('When the records were true as a whole.'),
  max_age: z.string().optional().describe('How long after as_of they are believed.'),
  records: z.array(
    z.strictObject({
      key: z.string(),
      from: z.string().optional(),
      until: z.string().optional(),
      reported_at: z.string().optional(),
      data: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
const reconciliation = z.looseObject({
  kind: z.literal('Reconciliation'),
  id: z.string(),
  title: z.string(),
  access: selection,
  record: selection,
  join: z.array(z.union([z.string(), z.strictObject({ access: z.string(), record: z.string() })])),
  max_age: z.string().optional(),
  skew: z.string().optional(),
  findings: z.array(
    z.strictObject({
      id: z.string(),
      detector: z.string().optional(),
      none: z.literal(true).optional(),
      after: z.string().optional(),
      record: z.record(z.string(), texts).optional(),
      access: z.record(z.string(), texts).optional(),
      expired: z.string().optional(),
      older: z.union([z.string(), z.strictObject({ than: z.string(), field: z.string().optional() })]).optional(),
      differs: texts.optional(),
      reused: z.literal(true).optional(),
    }),
  ),
});
const relative = z.partialRecord(z.enum(TRACE_RELATIONS), z.string());
const traceRule = z.looseObject({
  kind: z.literal('TraceRule'),
  id: z.string(),
  title: z.string(),
  scope: selection.optional(),
  spans: z.record(z.string(), selection).optional().describe('Selections of spans, or of logs that name a span.'),
  match: z.string().optional(),
  has: relative.optional(),
  lacks: relative.optional(),
  missing: z.string().optional(),
  parent_missing: z.literal(true).optional(),
  order: z.array(z.string()).length(2).optional(),
  services: z.strictObject({ gte: z.number() }).optional(),
  errors: z.strictObject({ gte: z.number(), of: z.string().optional() }).optional(),
  timeout: z.string().optional(),
  edge: z
    .strictObject({ known: z.array(z.array(z.string())).optional(), learn: z.string().optional(), forget: z.string().optional() })
    .optional(),
  close: z.strictObject({ idle: z.string().optional(), max: z.string().optional() }).optional(),
  group_by: texts.optional(),
  within: z.string().optional(),
});
export const policySchema = z.union([zeroTrustPolicy, contextStore, reconciliation, traceRule]);
