import { z } from 'zod';
import { incidentSettings, riskSettings } from '../alert/settings.ts';
import { enrichSettings } from '../enrich/settings.ts';
import { canarySettings } from '../evidence/canary-settings.ts';
import { factSettings } from '../lookup/settings.ts';
import { logsourceSettings } from '../normalize/logsource-settings.ts';
import { redactSettings } from '../normalize/redaction-settings.ts';
import { checkNotify } from '../notify/check.ts';
import { notifySettings } from '../notify/settings.ts';
import { reportSettings } from '../report/settings.ts';
import { durationNanos } from '../shared/duration-setting.ts';
import { sinkSettings } from '../sink/settings.ts';
import { sourceSettings } from '../source/settings.ts';
import { LOG_LEVELS } from '../telemetry/log.ts';
import { telemetrySettings } from '../telemetry/settings.ts';
import { kafkaConnectionSettings } from '../transport/kafka-settings.ts';
import { adminSettings } from './admin-settings.ts';

const engineSettings = z.strictObject({
  allowedLateness: durationNanos
    .prefault('5m')
    .describe('How far behind the newest event of its partition an event may arrive and still count as in time.'),
  idleAfter: durationNanos.prefault('2m').describe('A partition without records for this long no longer holds back the others.'),
  checkpointEvery: z.int().min(1).default(20_000).describe('Records between two checkpoints.'),
  checkpointInterval: durationNanos.prefault('10s').describe('The longest time between two checkpoints while records flow.'),
});

export const ROLES = ['ingest', 'correlate', 'deliver', 'evidence', 'operate'] as const;
/** Evidence and what operators see are kept in the store of one process, so these roles are given. */
const DEFAULT_ROLES: (typeof ROLES)[number][] = ['ingest', 'correlate', 'deliver'];

/** The distributed form: stages in any number of processes, Kafka topics between them. */
const transportSettings = z.strictObject({
  ...kafkaConnectionSettings,
  kind: z.literal('kafka').default('kafka').describe('What the stages are joined by.'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, { error: 'letters, digits, dot, dash and underscore, at most 100' })
    .default('wardline')
    .describe('Of the topics <prefix>.matches, .alerts, .checkpoints and .deadletters.'),
  partitions: z.int().min(1).max(1024).default(8).describe('Of these topics; groups live in partitions, so it cannot change later.'),
  sessionTimeout: durationNanos
    .prefault('15s')
    .describe('A process that is not heard of for this long loses its partitions to the others.'),
  replication: z.int().min(1).max(7).default(1).describe('Replicas of these topics; three in production.'),
  roles: z
    .array(z.enum(ROLES))
    .min(1)
    .default(DEFAULT_ROLES)
    .describe(
      'What this process does; `evidence` keeps the ledger in its own store, `operate` the alerts, for the console and for actions on them.',
    ),
});
export type TransportSettings = z.infer<typeof transportSettings>;

/** Names stand in positions, in the outbox and in the evidence: two parts of one name would be one there. */
function uniqueNames(list: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  list.forEach(({ name }, i) => {
    if (seen.has(name)) context.addIssue({ code: 'custom', path: [i, 'name'], message: `the name "${name}" is used twice` });
    seen.add(name);
  });
}

const parts = z.strictObject({
  tenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'lower-case letters, digits and dashes, at most 63' })
    .default('default')
    .describe('Whose alerts these are; stands in each of them and in the names of indices.'),
  rules: z
    .array(
      z.union([
        z.string().min(1),
        z
          .strictObject({
            path: z.string().min(1).describe('The signed folder.'),
            key: z.string().min(1).describe('PEM file of the Ed25519 public key.'),
          })
          .describe('A signed folder: refused when anything in it is not what was signed.'),
      ]),
    )
    .min(1)
    .default(['rules'])
    .describe('Files and folders of rules.'),
  placeholders: z
    .record(
      z.string(),
      z.union([z.array(z.string()), z.strictObject({ file: z.string().min(1).describe('A text file, one value a line.') })]),
    )
    .default({})
    .describe('Values of %name% in Sigma rules with |expand: a list, or file: a text file with one value a line.'),
  context: z.string().min(1).optional().describe('Folder of context stores (identity, device, zone, ...) for policies.'),
  logsource: z
    .strictObject({
      unknown: z
        .enum(['none', 'all'])
        .default('none')
        .describe('Which Sigma rules see events that no log source is known of: none, or all, whatever log source they name.'),
    })
    .prefault({})
    .describe('How Sigma rules and events meet.'),
  logsources: z
    .array(logsourceSettings)
    .default([])
    .describe('Log sources of events besides those the formats give them: lines added to the table of log sources.'),
  sources: z.array(sourceSettings).min(1).superRefine(uniqueNames).describe('Where logs and traces come from.'),
  sinks: z.array(sinkSettings).superRefine(uniqueNames).default([]).describe('Where alerts go.'),
  risk: riskSettings.prefault({}).describe('Scores of users, hosts, addresses and services, from the alerts about them.'),
  incidents: incidentSettings.superRefine(uniqueNames).default([]).describe('Which alerts make one incident.'),
  notify: notifySettings
    .optional()
    .describe('Routes, silences and inhibition: sinks that a route names are notified by it, all others get every alert.'),
  alerts: z
    .strictObject({
      baseUrl: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Where alerts can be looked at; `event.url` of each is made from it.'),
      eventKind: z.enum(['signal', 'alert']).default('signal').describe('`event.kind` of alert documents.'),
      labels: z.record(z.string(), z.string()).default({}).describe('Copied into `labels` of every alert.'),
      kibanaFields: z.boolean().default(false).describe('Adds copies of fields under the names of Kibana (`kibana.alert.*`).'),
      onClose: z
        .enum(['reset', 'continue'])
        .default('reset')
        .describe('When an operator closed an alert and its rule still holds: reset opens a new alert, continue leaves it closed.'),
    })
    .prefault({})
    .describe('What alert documents look like, and when an alert is new.'),
  facts: z.array(factSettings).superRefine(uniqueNames).default([]).describe('Where facts that json rules look up come from.'),
  enrich: enrichSettings.prefault({}).describe('Tables that add to what events say, read once at start.'),
  redact: redactSettings.prefault({}).describe('What must not leave the engine in the clear.'),
  state: z
    .strictObject({
      kind: z.literal('sqlite').default('sqlite').describe('What the store is.'),
      path: z.string().min(1).default('wardline.db').describe('The file: alerts, windows, positions, deliveries and the evidence ledger.'),
    })
    .prefault({})
    .describe('Where one process keeps all it must not forget.'),
  engine: engineSettings.prefault({}).describe('Event time and checkpoints.'),
  transport: transportSettings
    .optional()
    .describe('Given: the distributed form, over Kafka; left out: one process with its state in sqlite.'),
  evidence: z
    .strictObject({ key: z.string().min(1).optional().describe('PEM file of the Ed25519 key that signs the evidence chain.') })
    .prefault({})
    .describe('The ledger of what was read, evaluated and delivered.'),
  canaries: z.array(canarySettings).default([]).describe('Events planted again and again, to prove that rules still fire.'),
  reports: z.array(reportSettings).superRefine(uniqueNames).default([]).describe('Reports made on a schedule.'),
  admin: adminSettings.optional().describe('The admin port: health, metrics, status and the console. Left out: no port is opened.'),
  telemetry: telemetrySettings.prefault({}).describe('Metrics, traces and logs of Wardline itself.'),
  log: z
    .strictObject({ level: z.enum(LOG_LEVELS).default('info').describe('From this level on lines are written.') })
    .prefault({})
    .describe('The log of Wardline itself: JSON lines on standard error.'),
});

/** What a user writes in wardline.yaml. Relative paths count from the folder of that file. */
export const settingsSchema = parts.superRefine(({ notify, sinks, sources, canaries, transport }, context) => {
  if (transport !== undefined && canaries.length > 0)
    context.addIssue({ code: 'custom', path: ['canaries'], message: 'canaries need the embedded form: leave out transport' });
  if (transport !== undefined && notify !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['notify'],
      message:
        'routes and silences need the embedded form: leave out transport, or let an Alertmanager route (a sink of kind alertmanager)',
    });
  canaries.forEach(({ source: name, receiver, inject, topic }, i) => {
    const wrong = (key: string, message: string): void => context.addIssue({ code: 'custom', path: ['canaries', i, key], message });
    const source = sources.find((one) => one.name === name);
    if (source === undefined) wrong('source', `there is no source "${name}"`);
    else if (inject === 'topic' && source.kind !== 'kafka') wrong('inject', `the source "${name}" is no Kafka topic`);
    else if (inject === 'topic' && source.kind === 'kafka' && topic === undefined && source.topics.length === 0)
      wrong('topic', `the source "${name}" names no topic; say which one`);
    if (receiver !== undefined && !sinks.some((sink) => sink.name === receiver)) wrong('receiver', `there is no sink "${receiver}"`);
  });
  if (notify === undefined) return;
  const names = sinks.map(({ name }) => name);
  for (const { path, message } of checkNotify(notify, names)) context.addIssue({ code: 'custom', path: ['notify', ...path], message });
});

export type Settings = z.infer<typeof settingsSchema>;
