import type { JsonObject } from '../shared/json.ts';

const keyword = { type: 'keyword', ignore_above: 1024 };
const date = { type: 'date' };
const ip = { type: 'ip', ignore_malformed: true };
const long = { type: 'long' };
const text = { type: 'text' };
const flattened = { type: 'flattened', ignore_above: 1024 };
const object = (properties: JsonObject): JsonObject => ({ properties });
const person = object({ by: keyword, at: date });

/** Index template of alerts: core field types only, nothing dynamic, free parts flattened. */
export function alertTemplate(pattern: string): JsonObject {
  const process = {
    executable: keyword,
    name: keyword,
    command_line: keyword,
    pid: long,
    parent: object({ executable: keyword, name: keyword, command_line: keyword }),
  };
  const user = { id: keyword, name: keyword, domain: keyword, effective: object({ name: keyword }) };
  const end = { ip, port: long, domain: keyword, address: keyword };
  return {
    index_patterns: [pattern],
    priority: 500,
    template: {
      settings: { 'index.auto_expand_replicas': '0-1', 'index.mapping.total_fields.limit': 400 },
      mappings: {
        dynamic: false,
        properties: {
          '@timestamp': date,
          message: text,
          tags: keyword,
          labels: flattened,
          kibana: object({
            alert: object({
              uuid: keyword,
              status: keyword,
              workflow_status: keyword,
              severity: keyword,
              risk_score: { type: 'float' },
              reason: keyword,
              rule: object({ uuid: keyword, name: keyword, description: text, category: keyword, version: keyword }),
            }),
          }),
          ecs: object({ version: keyword }),
          event: object({
            kind: keyword,
            category: keyword,
            type: keyword,
            outcome: keyword,
            action: keyword,
            provider: keyword,
            module: keyword,
            dataset: keyword,
            id: keyword,
            created: date,
            start: date,
            end: date,
            duration: long,
            severity: long,
            risk_score: { type: 'float' },
            reason: keyword,
            url: keyword,
          }),
          rule: object({
            id: keyword,
            uuid: keyword,
            name: keyword,
            description: text,
            author: keyword,
            category: keyword,
            license: keyword,
            reference: keyword,
            ruleset: keyword,
            version: keyword,
          }),
          threat: object({
            framework: keyword,
            tactic: object({ id: keyword, name: keyword }),
            technique: object({ id: keyword, subtechnique: object({ id: keyword }) }),
          }),
          host: object({ name: keyword, hostname: keyword, ip }),
          user: object(user),
          source: object(end),
          destination: object(end),
          process: object(process),
          file: object({ path: keyword, name: keyword }),
          registry: object({ path: keyword }),
          url: object({ full: keyword, domain: keyword, path: keyword }),
          cloud: object({ provider: keyword, region: keyword, account: object({ id: keyword }) }),
          service: object({ name: keyword, version: keyword, environment: keyword }),
          trace: object({ id: keyword }),
          related: object({ ip, user: keyword, hosts: keyword, hash: keyword }),
          organization: object({ id: keyword }),
          wardline: object({
            engine: object({ version: keyword }),
            policy: { type: 'flattened', ignore_above: 1024 },
            alert: object({
              id: keyword,
              stage: keyword,
              episode: keyword,
              reopens: keyword,
              status: keyword,
              workflow: keyword,
              disposition: object({ value: keyword, by: keyword, at: date }),
              acknowledged: person,
              closed_by: person,
              comments: long,
              action: object({ seq: long, kind: keyword, by: keyword, at: date, disposition: keyword, comment: text }),
              building_block: { type: 'boolean' },
              exceptions: keyword,
              kind: keyword,
              severity: keyword,
              severity_before: keyword,
              fingerprint: keyword,
              opened: date,
              cell: date,
              count: long,
              total: long,
              evidence_count: long,
              controls: keyword,
              rule_digest: keyword,
              ruleset: keyword,
              reason: keyword,
              group: { type: 'flattened', ignore_above: 1024 },
              group_missing: keyword,
              window: object({ mode: keyword, start: date, end: date }),
              evidence: { type: 'object', enabled: false },
              decision: { type: 'object', enabled: false },
            }),
            risk: object({
              entity: object({ kind: keyword, value: keyword }),
              score: { type: 'float' },
              alerts: { type: 'object', enabled: false },
            }),
            incident: object({ policy: keyword, alerts: keyword, timeline: { type: 'object', enabled: false } }),
            notification: { type: 'object', enabled: false },
            envelope: object({ reason: text, body: { type: 'text', index: false } }),
          }),
        },
      },
    },
  };
}
