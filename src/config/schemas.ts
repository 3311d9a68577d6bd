import { z } from 'zod';
import { packFileSchema, profileSchema } from '../report/pack-schema.ts';
import { expectationsSchema } from '../rule/cases/expectations.ts';
import { casesSchema } from '../rule/cases/schema.ts';
import { anomalySchema, correlationSchema, jsonRulesSchema, policySchema, sigmaSchema } from '../rule/editor-schemas.ts';
import { exceptionSchema } from '../rule/exception/schema.ts';
import { settingsSchema } from './settings.ts';

/** Every kind of file a user writes, with the schema an editor is given. */
const KINDS = {
  config: settingsSchema,
  sigma: sigmaSchema,
  correlation: correlationSchema,
  anomaly: anomalySchema,
  'json-rules': jsonRulesSchema,
  policy: policySchema,
  cases: casesSchema,
  expectations: expectationsSchema,
  exception: exceptionSchema,
  controls: packFileSchema,
  profile: profileSchema,
} as const;

export type SchemaKind = keyof typeof KINDS;
export const SCHEMA_KINDS = Object.keys(KINDS) as readonly SchemaKind[];

/** JSON Schema (2020-12) of one kind of file, as text; what a user may write, not what is inside. */
export function schemaText(kind: SchemaKind): string {
  const schema = z.toJSONSchema(KINDS[kind], {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Secrets are references, never written out.
      if (zodSchema._zod.def.type === 'custom') Object.assign(jsonSchema, { type: 'string', pattern: '^\\$\\{(?:env|file):[^}]+\\}$' });
    },
  });
  return `${JSON.stringify({ ...schema, title: `Wardline ${kind}` }, null, 2)}\n`;
}
