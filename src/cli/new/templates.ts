import { anomalyTemplate } from './anomaly.ts';
import type { Template } from './template.ts';

const SCHEMA = (kind: string): string => `# yaml-language-server: $schema=../../schemas/${kind}.schema.json\n`;

const SIGMA_BODY = `title: TITLE
name: NAME
status: experimental
description: What happens, and why it matters.
author: me
date: STARTS
references: []
tags: [attack.initial-access, attack.t1078]
logsource: { product: okta, service: okta }
detection:
  selection: { eventType: user.session.start, outcome.result: FAILURE }
  condition: selection
falsepositives: [who else does this]
level: low
`;

const FAILURE =
  'base: { format: okta.system, event: { uuid: e-1, published: "${at}", eventType: user.session.start, outcome: { result: FAILURE }, actor: { alternateId: alice } } }\n';

/** A rule of each kind that holds as it is, with cases that pass: a start to be changed. */
export const TEMPLATES = {
  sigma: {
    folder: 'rules/sigma',
    ending: '.yml',
    rule: `${SCHEMA('sigma')}${SIGMA_BODY}`,
    cases: `${FAILURE}cases:
  - name: it holds
    events: [{ at: 0s }]
    expect: [{ at: 0s, kind: match }]
  - name: it does not hold
    events: [{ at: 0s, event: { outcome: { result: SUCCESS } } }]
    expect: []
`,
  },
  correlation: {
    folder: 'rules/correlation',
    ending: '.yml',
    rule: `${SIGMA_BODY.replace('TITLE', 'EVENT_TITLE').replace('NAME', 'NAME_event')}---
title: TITLE
name: NAME
status: experimental
description: What happens, and why it matters.
author: me
date: STARTS
tags: [attack.credential-access, attack.t1110]
correlation:
  type: event_count
  rules: [NAME_event]
  group-by: [user.name]
  timespan: 5m
  condition: { gte: 5 }
level: high
`,
    cases: `${FAILURE}cases:
  - name: five within five minutes
    events: [{ at: 0s, repeat: { count: 5, every: 1m } }]
    expect: [{ at: 4m, kind: correlation, count: 5 }]
  - name: four stay silent
    events: [{ at: 0s, repeat: { count: 4, every: 1m } }]
    expect: []
    near: { missing: 1 }
  - name: the fifth is too late
    events: [{ at: 0s, repeat: { count: 4, every: 1m } }, { at: 5m1s }]
    expect: []
`,
  },
  'json-rules': {
    folder: 'rules/json-rules',
    ending: '.json',
    rule: `${JSON.stringify(
      {
        id: 'NAME',
        title: 'TITLE',
        description: 'What happens, and why it matters.',
        level: 'medium',
        conditions: {
          all: [
            { fact: 'event.action', operator: 'equal', value: 'deleted' },
            { fact: 'user.name', operator: 'notEqual', value: 'backup' },
          ],
        },
        event: { type: 'NAME' },
      },
      null,
      2,
    )}\n`,
    cases: `base: { ecs: { event.action: deleted, user.name: alice } }
cases:
  - name: it holds
    events: [{ at: 0s }]
    expect: [{ at: 0s }]
  - name: the backup may
    events: [{ at: 0s, ecs: { user.name: backup } }]
    expect: []
`,
  },
  anomaly: anomalyTemplate('absence', undefined),
  policy: {
    folder: 'rules/policy',
    ending: '.yml',
    rule: `${SCHEMA('policy')}kind: ZeroTrustPolicy
schema: 1
id: NAME
title: TITLE
description: Who may do what to what, and how proven.
owner: me
severity: high
scope: { wardline.access.resource.service: NAME }
allow:
  - id: known-service
    when: { service.name: api, wardline.access.action: connect }
    require: { mtls: true }
`,
    cases: `base: { ecs: { event.type: [allowed], service.name: api, wardline.access: { action: connect, mtls: true, resource: { service: NAME } } } }
cases:
  - name: the known service, proven
    events: [{ at: 0s }]
    expect: []
  - name: another service
    events: [{ at: 0s, ecs: { service.name: other } }]
    expect: [{ at: 0s, severity: high }]
  - name: without mutual TLS
    events: [{ at: 0s, ecs: { wardline.access.mtls: false } }]
    expect: [{ at: 0s }]
`,
  },
  exception: {
    folder: 'rules/exceptions',
    ending: '.yml',
    rule: `${SCHEMA('exception')}kind: Exception
id: NAME
title: TITLE
tags: [exception.NAME]
when: { source.ip: 192.0.2.1 }
owner: me
ticket: SEC-1
reason: Why these events are known to be harmless.
starts: STARTS
expires: EXPIRES
effect: tag
`,
  },
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateKind = keyof typeof TEMPLATES;
export const TEMPLATE_KINDS = Object.keys(TEMPLATES) as readonly TemplateKind[];
