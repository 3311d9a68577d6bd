import type { JsonObject, JsonValue } from '../../src/shared/json.ts';
import type { AlertDocument } from '../../src/sink/sink.ts';

/** What a test says about an alert; the rest is that of a brute force over Okta. */
export type AlertParts = {
  readonly id?: string;
  /** Id of the alert whose step this is; default: the id itself. */
  readonly alert?: string;
  readonly stage?: 'opened' | 'continued' | 'merged' | 'closed';
  readonly message?: string;
  readonly reason?: string;
  readonly severity?: string;
  readonly group?: Readonly<Record<string, JsonValue>>;
  readonly more?: JsonObject;
};

const ACTIONS = { opened: 'alert-opened', continued: 'alert-updated', merged: 'alert-closed', closed: 'alert-closed' } as const;

/** A whole alert document as `src/alert/document.ts` makes them. */
export function anAlert(parts: AlertParts = {}): AlertDocument {
  const { id = 'mzq4c7x2lk5d3t6wyhbnfs2r5e', alert = id, stage = 'opened', message = 'Okta brute force', severity = 'high' } = parts;
  const { group = { 'user.name': 'alice' }, reason = '5 matches within 5m for user.name=alice', more = {} } = parts;
  const hit = (offset: string): JsonObject => ({
    source: 'okta',
    partition: 2,
    offset,
    index: 0,
    time: '2026-11-20T08:12:30.000Z',
    rule: 'okta_failed_sign_in',
  });
  const document: JsonObject = {
    '@timestamp': '2026-11-20T08:14:31.402Z',
    ecs: { version: '9.4.0' },
    event: {
      kind: 'signal',
      category: ['authentication'],
      action: ACTIONS[stage],
      provider: 'wardline',
      dataset: 'wardline.alerts',
      id,
      created: '2026-11-20T08:14:32.010Z',
      start: '2026-11-20T08:12:30.000Z',
      end: '2026-11-20T08:14:31.402Z',
      severity: 4,
      risk_score: 73,
      reason,
      url: `https://wardline.example.org/alerts/${alert}`,
    },
    message,
    rule: { id: 'okta_brute_force', name: message, reference: 'https://example.org/runbooks/okta', author: ['Security team'] },
    threat: { framework: 'MITRE ATT&CK', tactic: { id: ['TA0006'], name: ['Credential Access'] }, technique: { id: ['T1110'] } },
    user: { name: 'alice' },
    related: { user: ['alice'], ip: ['198.51.100.7', '203.0.113.9'] },
    organization: { id: 'default' },
    tags: ['attack.t1110'],
    wardline: {
      engine: { version: '0.1.0' },
      alert: {
        id: alert,
        stage,
        status: stage === 'opened' || stage === 'continued' ? 'open' : 'closed',
        kind: 'correlation',
        severity,
        group,
        fingerprint: 'kq3v7d1n',
        opened: '2026-11-20T08:14:31.402Z',
        count: 5,
        total: 5,
        evidence_count: 2,
        evidence: [hit('88121'), hit('88130')],
        controls: ['nist-800-53:AC-7'],
      },
    },
    ...more,
  };
  return { id, document };
}
