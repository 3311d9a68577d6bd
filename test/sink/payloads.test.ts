import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { createPayload } from '../../src/sink/webhook/payloads/index.ts';
import { type PayloadSettings, payloadSetting } from '../../src/sink/webhook/payloads/settings.ts';
import { anAlert } from '../support/an-alert.ts';
import { HOSTILE } from '../support/hostile.ts';

/** One of each; a payload without a row here is found by the last test. */
const PAYLOADS: Readonly<Record<PayloadSettings['kind'], unknown>> = {
  standard: 'standard',
  ecs: 'ecs',
  cloudevents: 'cloudevents',
  plain: 'plain',
  slack: 'slack',
  teams: 'teams',
  opsgenie: 'opsgenie',
  alertmanager: 'alertmanager',
  pagerduty: { kind: 'pagerduty', routingKey: new Secret('R0UT1NGKEY') },
  jira: { kind: 'jira', project: 'SEC' },
  template: {
    kind: 'template',
    body: {
      text: '{{message}} for {{user.name}} on {{host.name ?? an unknown host}}',
      risk: '{{event.risk_score}}',
      ips: '{{related.ip}}',
      nested: [{ by: '{{rule.id}}' }],
      fixed: true,
    },
  },
};
const NAMES = Object.keys(PAYLOADS) as PayloadSettings['kind'][];
const make = (kind: PayloadSettings['kind']) => createPayload(payloadSetting.parse(PAYLOADS[kind]));
const STAGES = ['opened', 'continued', 'closed'] as const;

describe('payloads', () => {
  const file = join(import.meta.dirname, '../golden/sink/payloads.json');
  const golden = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Record<string, unknown>;

  test.each(NAMES)('%s is as the golden outputs say, for each step of an alert', (kind) => {
    for (const stage of STAGES) {
      const payload = make(kind)(anAlert({ id: `t-${stage}`, alert: 't-opened', stage }));
      const shown = payload === undefined ? null : { ...payload, body: parsed(payload.contentType, payload.body) };
      if (process.env['WARDLINE_WRITE_GOLDEN'] !== undefined) golden[`${kind} ${stage}`] = shown;
      expect(shown).toEqual(golden[`${kind} ${stage}`]);
    }
    if (process.env['WARDLINE_WRITE_GOLDEN'] !== undefined) writeFileSync(file, `${JSON.stringify(golden, null, 2)}\n`);
  });

  test('every golden output belongs to a payload', () => {
    expect(Object.keys(golden).sort()).toEqual(NAMES.flatMap((kind) => STAGES.map((stage) => `${kind} ${stage}`)).sort());
  });

  test.each(NAMES)('%s gives the same bytes for the same alert', (kind) => {
    expect(make(kind)(anAlert())).toEqual(make(kind)(anAlert()));
  });

  test('a large alert loses its evidence first, then its document, and says so', () => {
    const evidence = Array.from({ length: 2000 }, () => ({ source: 'x'.repeat(20) }));
    const big = anAlert({ more: { wardline: { alert: { id: 'a', stage: 'opened', evidence } } } });
    const body = make('standard')(big)?.body ?? '';
    expect(Buffer.byteLength(body)).toBeLessThan(20_000);
    expect(JSON.parse(body)).toMatchObject({ data: { truncated: true, document: { wardline: { alert: { evidence: [] } } } } });
    const huge = make('standard')(anAlert({ message: 'm'.repeat(30_000), more: { file: { path: 'x'.repeat(30_000) } } }))?.body ?? '';
    expect(Buffer.byteLength(huge)).toBeLessThan(20_000);
    expect((JSON.parse(huge) as { data: object }).data).not.toHaveProperty('document');
  });
});

/** Where people read it: everything but what only programs read, which gets values as they are. */
const FOR_PEOPLE = ['plain', 'slack', 'teams', 'opsgenie', 'pagerduty', 'jira', 'alertmanager'] as const;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

describe('hostile values', () => {
  const hostile = (value: string) =>
    anAlert({ message: value, reason: value, group: { 'user.name': value, f: value }, more: { user: { name: value }, tags: [value] } });
  const shapeOf = (kind: PayloadSettings['kind'], value: string): unknown => {
    const { contentType, body } = make(kind)(hostile(value)) ?? { contentType: '', body: '' };
    return shape(parsed(contentType, body));
  };

  test.each(NAMES)('%s has one shape, whatever the values are: no value makes a key, an entry or a line', (kind) => {
    const plain = shapeOf(kind, 'plain');
    // What is too large for the standard payload is left out of it, which is another test's matter.
    for (const value of HOSTILE.filter(({ length }) => kind !== 'standard' || length < 1000))
      expect([value, shapeOf(kind, value)]).toEqual([value, plain]);
  });

  test.each(FOR_PEOPLE)('%s shows nothing invisible and stays small', (kind) => {
    for (const value of HOSTILE) {
      const { contentType, body } = make(kind)(hostile(value)) ?? { contentType: '', body: '' };
      expect(Buffer.byteLength(body)).toBeLessThan(25_000);
      for (const text of texts(parsed(contentType, body))) expect(text).not.toMatch(UNSEEN);
    }
  });

  test('Slack reads no command, link or mention: no angle bracket and no bare ampersand is left', () => {
    for (const value of HOSTILE) {
      const body = JSON.parse(make('slack')(hostile(value))?.body ?? '') as { blocks: object[] };
      for (const text of texts(body))
        if (!text.startsWith('https://wardline.example.org/')) expect(text).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
      expect(JSON.stringify(body.blocks)).not.toContain('mrkdwn');
    }
  });

  test('Opsgenie reads no HTML', () => {
    for (const value of HOSTILE)
      for (const text of texts(JSON.parse(make('opsgenie')(hostile(value))?.body ?? ''))) expect(text).not.toMatch(/[<>]/);
  });

  test('Teams and Jira get values only in nodes that are never read as markup', () => {
    for (const value of HOSTILE) {
      const teams = JSON.stringify(JSON.parse(make('teams')(hostile(value))?.body ?? ''));
      expect(teams).not.toMatch(/"type":"(?:TextBlock|FactSet|Image|Input)/);
      const jira = JSON.parse(make('jira')(hostile(value))?.body ?? '') as { fields: { description: object } };
      expect(types(jira.fields.description)).toEqual(['doc', 'link', 'paragraph', 'strong', 'text']);
    }
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'file:///etc/passwd', 'https://'])(
    '%s is not given as a link',
    (url) => {
      for (const kind of ['slack', 'teams', 'pagerduty', 'jira'] as const) {
        const alert = anAlert({ more: { event: { url }, rule: { id: 'r', reference: url } } });
        expect(make(kind)(alert)?.body).not.toContain(url);
      }
    },
  );

  test('no label of a group takes the place of the engine’s own labels', () => {
    const alert = anAlert({ group: { severity: 'none', alertname: 'forged', rule_id: 'forged', '0day': 'x' } });
    expect(JSON.parse(make('alertmanager')(alert)?.body ?? '')).toMatchObject({
      commonLabels: { severity: 'high', alertname: 'Okta brute force', rule_id: 'okta_brute_force', _0day: 'x' },
    });
  });
});

describe('templates', () => {
  const filled = (settings: object, value: string): string =>
    createPayload(payloadSetting.parse({ kind: 'template', ...settings }))(anAlert({ message: value }))?.body ?? '';

  test('JSON: every value comes back as it was, and one place alone keeps the type of its field', () => {
    for (const value of HOSTILE)
      expect(JSON.parse(filled({ body: { a: ['{{message}}'], b: 'x {{message}} y' } }, value))).toEqual({ a: [value], b: `x ${value} y` });
    expect(JSON.parse(filled({ body: { n: '{{event.severity}}', o: '{{related}}' } }, ''))).toMatchObject({ n: 4, o: { user: ['alice'] } });
  });

  test('a form: every value comes back as it was, and there is no other field', () => {
    for (const value of HOSTILE) {
      const form = new URLSearchParams(filled({ contentType: 'application/x-www-form-urlencoded', body: 'a={{message}}&b=1' }, value));
      expect([...form]).toEqual([
        ['a', value.toWellFormed()],
        ['b', '1'],
      ]);
    }
  });

  test('HTML: a value opens no tag and ends no attribute', () => {
    for (const value of HOSTILE) {
      const html = filled({ contentType: 'text/html', body: '<p title="{{message}}">{{message}}</p>' }, value);
      expect(html.match(/[<>]/g)).toEqual(['<', '>', '<', '>']);
      expect(html.match(/"/g)).toHaveLength(2);
    }
  });

  test('what is put in is not read as a template again, and a field that is absent is its other text', () => {
    expect(filled({ body: '{{message}}|{{host.name ?? none}}|{{host.name}}|' }, '{{user.name}}')).toBe('{{user.name}}|none||');
  });

  test('paths reach own fields only', () => {
    expect(filled({ body: '{{constructor.name}}{{__proto__.x}}{{message.length}}{{tags.length}}' }, 'm')).toBe('');
  });
});

function parsed(contentType: string, body: string): unknown {
  return /json/.test(contentType) ? (JSON.parse(body) as unknown) : body.split('\n');
}

/** The value without its texts: keys, list lengths and kinds. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
  return typeof value;
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...Object.keys(value), ...Object.values(value).flatMap(texts)];
}

function types(value: unknown): string[] {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type } = node as { type?: unknown };
    if (typeof type === 'string') found.add(type);
    Object.values(node).forEach(walk);
  };
  walk(value);
  return [...found].sort();
}

describe('any text at all', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '\\',
        '\n',
        '\r',
        '\0',
        '{',
        '}',
        '[',
        ']',
        '@',
        '!',
        '|',
        '`',
        '*',
        '_',
        '\u001b',
        '\u202e',
        '\u2028',
        '\ud83d',
        '\udd12',
      ),
      maxLength: 40,
    }),
  );

  test.each(NAMES)('%s keeps its shape, and what people read holds nothing invisible', (kind) => {
    const makePayload = make(kind);
    const read = (value: string) => {
      const alert = anAlert({
        message: value,
        reason: value,
        group: { 'user.name': value },
        more: { user: { name: value }, tags: [value] },
      });
      const { contentType, body } = makePayload(alert) ?? { contentType: '', body: '' };
      return parsed(contentType, body);
    };
    const plain = shape(read('plain'));
    const people = (FOR_PEOPLE as readonly string[]).includes(kind);
    fc.assert(
      fc.property(anyText, (value) => {
        const found = read(value);
        expect(shape(found)).toEqual(plain);
        if (people) for (const text of texts(found)) expect(text).not.toMatch(UNSEEN);
        if (kind === 'slack' || kind === 'opsgenie') for (const text of texts(found)) expect(text).not.toMatch(/[<>]/);
      }),
      { numRuns: 60 },
    );
  });
});
