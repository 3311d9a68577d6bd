import { z } from 'zod';
import { secretText } from '../../../shared/secret.ts';

/** Payloads that need nothing but the alert. */
const PLAIN_KINDS = ['standard', 'ecs', 'cloudevents', 'plain', 'slack', 'teams', 'opsgenie', 'alertmanager'] as const;

const jsonTemplate: z.ZodType<TemplateValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(jsonTemplate), z.record(z.string(), jsonTemplate)]),
);
export type TemplateValue = string | number | boolean | null | readonly TemplateValue[] | { readonly [key: string]: TemplateValue };

const withSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pagerduty'), routingKey: secretText.describe('Integration key of an Events API v2 integration.') }),
  z.strictObject({
    kind: z.literal('jira'),
    project: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{1,30}$/, { error: 'a project key such as SEC' })
      .describe('Key of the project that gets the issues.'),
    issueType: z.string().min(1).max(60).default('Task'),
  }),
  z.strictObject({
    kind: z.literal('template'),
    contentType: z
      .enum(['text/plain', 'text/html', 'application/x-www-form-urlencoded'])
      .default('text/plain')
      .describe('Of a body that is text; values are escaped for it. A body that is a map or a list is sent as JSON.'),
    body: z
      .union([z.string().max(65_536), z.array(jsonTemplate), z.record(z.string(), jsonTemplate)])
      .describe('{{path}} stands for a field of the alert, {{path ?? text}} has a text for when it is absent.'),
  }),
]);

export type PayloadSettings = { readonly kind: (typeof PLAIN_KINDS)[number] } | z.infer<typeof withSettings>;

export const payloadSetting = z
  .union([z.enum(PLAIN_KINDS).transform((kind) => ({ kind })), withSettings])
  .prefault('standard')
  .describe('Form of the body: a name, or kind with its own settings.');
