/** The files of a folder that runs at once: settings, three rules with cases, an hour of made-up sign-ins. */
export function projectFiles({ kafka }: { readonly kafka: boolean }): readonly { readonly path: string; readonly text: string }[] {
  return [
    { path: 'wardline.yaml', text: settings(kafka) },
    { path: 'rules/sigma/okta/okta_failed_sign_in.yml', text: FAILED },
    { path: 'rules/sigma/okta/okta_failed_sign_in.cases.yml', text: FAILED_CASES },
    { path: 'rules/correlation/mr_okta_brute_force.yml', text: BRUTE_FORCE },
    { path: 'rules/correlation/mr_okta_brute_force.cases.yml', text: BRUTE_FORCE_CASES },
    { path: 'rules/json-rules/okta-factor-reset.json', text: FACTOR_RESET },
    { path: 'rules/json-rules/okta-factor-reset.cases.yml', text: FACTOR_RESET_CASES },
    { path: 'events/okta.ndjson', text: events() },
    { path: '.gitignore', text: 'wardline.db*\n' },
  ];
}

const settings = (kafka: boolean): string => `# yaml-language-server: $schema=./schemas/config.schema.json
tenant: default
rules: [rules]
sources:
  - { name: okta, kind: file, path: events/okta.ndjson, format: okta.system }
${kafka ? '  ' : '  # '}- { name: okta-topic, kind: kafka, brokers: ["localhost:9092"], topics: [okta], groupId: wardline, format: okta.system }
sinks:
  - { kind: console, name: console }
  # - { kind: elasticsearch, name: es, node: "https://localhost:9200", apiKey: "\${file:/run/secrets/es}" }
  # - { kind: webhook, name: soc, url: "\${env:SOC_URL}", secret: "\${file:/run/secrets/soc}" }
state: { path: wardline.db }
log: { level: warn }
`;

const FAILED = `# yaml-language-server: $schema=../../../schemas/sigma.schema.json
title: Okta sign-in failed
name: okta_failed_sign_in
status: stable
description: A sign-in to Okta was refused. Common alone; the base of a count.
author: Wardline
date: 2026-11-25
tags: [attack.credential-access]
logsource: { product: okta, service: okta }
detection:
  selection: { eventType: user.session.start, outcome.result: FAILURE }
  condition: selection
level: low
`;
const BASE =
  'base: { format: okta.system, event: { uuid: e-1, published: "${at}", eventType: user.session.start, outcome: { result: FAILURE }, actor: { alternateId: alice }, client: { ipAddress: 203.0.113.9 } } }\n';
const FAILED_CASES = `# yaml-language-server: $schema=../../../schemas/cases.schema.json
${BASE}cases:
  - name: a refused sign-in
    events: [{ at: 0s }]
    expect: [{ at: 0s, severity: low, user.name: alice }]
  - name: a good one
    events: [{ at: 0s, event: { outcome: { result: SUCCESS } } }]
    expect: []
`;
const BRUTE_FORCE = `# yaml-language-server: $schema=../../schemas/correlation.schema.json
title: Okta brute force
name: okta_brute_force
status: stable
description: Five refused sign-ins of one user within five minutes.
author: Wardline
date: 2026-11-25
references: [https://attack.mitre.org/techniques/T1110/]
tags: [attack.credential-access, attack.t1110]
correlation:
  type: event_count
  rules: [okta_failed_sign_in]
  group-by: [user.name]
  timespan: 5m
  condition: { gte: 5 }
level: high
`;
const BRUTE_FORCE_CASES = `# yaml-language-server: $schema=../../schemas/cases.schema.json
${BASE}cases:
  - name: five failures within five minutes open one alert for that user
    events: [{ at: 0s, repeat: { count: 5, every: 30s } }]
    expect: [{ kind: correlation, group: { user.name: alice }, at: 2m, severity: high, count: 5 }]
  - name: four failures stay silent
    events: [{ at: 0s, repeat: { count: 4, every: 30s } }]
    expect: []
    near: { missing: 1 }
  - name: the fifth failure is too late
    events: [{ at: 0s, repeat: { count: 4, every: 30s } }, { at: 5m1s }]
    expect: []
`;
const FACTOR_RESET = `${JSON.stringify(
  {
    id: 'okta-factor-reset',
    title: 'Okta second factors of a user reset',
    description: 'All second factors of a user were taken away, so that the password alone is enough until another is enrolled.',
    level: 'medium',
    tags: ['attack.persistence', 'attack.t1556.006'],
    conditions: { all: [{ fact: 'eventType', operator: 'equal', value: 'user.mfa.factor.reset_all' }] },
    event: { type: 'okta-factor-reset' },
  },
  null,
  2,
)}\n`;
const FACTOR_RESET_CASES = `# yaml-language-server: $schema=../../schemas/cases.schema.json
${BASE}cases:
  - name: all factors are reset
    events: [{ at: 0s, event: { eventType: user.mfa.factor.reset_all, outcome: { result: SUCCESS } } }]
    expect: [{ at: 0s, severity: medium }]
  - name: a sign-in
    events: [{ at: 0s }]
    expect: []
`;

/** An hour of sign-ins: everyday failures, one user who is guessed, one whose factors are reset. */
function events(): string {
  const lines: string[] = [];
  const add = (seconds: number, user: string, address: string, eventType: string, result: string): void => {
    const published = new Date(Date.UTC(2026, 10, 20, 8) + seconds * 1000).toISOString();
    const document = {
      uuid: `e-${lines.length}`,
      published,
      eventType,
      displayMessage: eventType === 'user.session.start' ? 'User login to Okta' : 'Reset all factors for user',
      severity: 'INFO',
      outcome: { result },
      actor: { id: `00u-${user}`, type: 'User', alternateId: user, displayName: user },
      client: { ipAddress: address },
      authenticationContext: {},
      securityContext: {},
      debugContext: { debugData: {} },
    };
    lines.push(JSON.stringify(document));
  };
  for (let n = 0; n < 60; n++)
    add(n * 60, `user${n % 12}`, `198.51.100.${n % 12}`, 'user.session.start', n % 15 === 7 ? 'FAILURE' : 'SUCCESS');
  for (const seconds of [750, 778, 807, 839, 871]) add(seconds, 'alice', '203.0.113.9', 'user.session.start', 'FAILURE');
  add(1267, 'bob', '198.51.100.40', 'user.mfa.factor.reset_all', 'SUCCESS');
  return `${lines.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1)).join('\n')}\n`;
}

const timeOf = (line: string): string => String((JSON.parse(line) as { published: string }).published);
