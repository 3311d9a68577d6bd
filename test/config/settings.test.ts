import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { problemText } from '../../src/rule/problem.ts';
import { Secret } from '../../src/shared/secret.ts';

const parse = (text: string, environment = {}) => parseSettings({ path: 'w.yaml', text }, environment);
const problems = (text: string, environment = {}) => parse(text, environment).problems.map(problemText);
const SECRET = `whsec_${'A'.repeat(44)}`;

describe('settings', () => {
  test('what is left out has defaults', () => {
    const { settings } = parse('sources: [{kind: file, name: a, path: x}]\n');
    expect(settings).toMatchObject({
      tenant: 'default',
      rules: ['rules'],
      state: { path: 'wardline.db' },
      engine: { allowedLateness: 300_000_000_000n },
    });
  });

  const cases: [string, string, string][] = [
    [
      'an unknown key, with the nearest one',
      'sources: [{kind: file, name: a, pth: x}]\n',
      'w.yaml:1:33: error settings/unknown-key sources[0].pth: "pth" is not a setting here; did you mean "path"?',
    ],
    [
      'a key that other places have, which is no help to name again',
      'sources: [{kind: file, name: a, path: x, password: y}]\n',
      'w.yaml:1:42: error settings/unknown-key sources[0].password: "password" is not a setting here; it belongs elsewhere',
    ],
    [
      'a key that is missing',
      'sources:\n  - {kind: kafka, name: a, topics: [x]}\n',
      'w.yaml:2:5: error settings/wrong-type sources[0].brokers:',
    ],
    [
      'a kind that does not exist',
      'sources: [{kind: kafak, name: a}]\n',
      'w.yaml:1:18: error settings/unknown-kind sources[0].kind: unknown "kind"; write one of file, kafka, stdin,',
    ],
    [
      'a duration in words',
      'sources: [{kind: stdin, name: a}]\nengine: {idleAfter: two minutes}\n',
      'w.yaml:2:21: error settings/bad-value engine.idleAfter: not a duration; write 90s, 15m, 1h30m or 7d',
    ],
    [
      'a name used twice',
      'sources: [{kind: stdin, name: a}, {kind: stdin, name: a}]\n',
      'w.yaml:1:55: error settings/bad-value sources[1].name: the name "a" is used twice',
    ],
    ['no sources', 'rules: [x]\n', 'w.yaml:1:1: error settings/wrong-type sources: "sources" is missing'],
    ['an empty file', '', 'w.yaml:1:1: error settings/empty: no settings; at least sources is needed'],
    [
      'a secret written out',
      `sources: [{kind: stdin, name: a}]\nsinks: [{kind: webhook, name: w, url: "https://x", secret: ${SECRET}}]\n`,
      'w.yaml:2:60: error settings/wrong-type sinks[0].secret: a secret is never written out here; write ${env:NAME} or ${file:/path}',
    ],
    [
      'a secret written out as a header',
      `sources: [{kind: stdin, name: a}]\nsinks: [{kind: webhook, name: w, url: "https://x.example", headers: {X-Api-Key: ${SECRET}}}]\n`,
      'w.yaml:2:81: error settings/bad-value sinks[0].headers.X-Api-Key: a secret is never written out here; write ${env:NAME}',
    ],
    [
      'a header that the sink sets itself',
      'sources: [{kind: stdin, name: a}]\nsinks: [{kind: loki, name: w, url: "https://x.example", headers: {content-length: "5"}}]\n',
      'w.yaml:2:',
    ],
    [
      'a variable that is not set',
      'sources: [{kind: stdin, name: a}]\nsinks: [{kind: webhook, name: w, url: "${env:NOWHERE}"}]\n',
      'w.yaml:2:39: error settings/unresolved sinks[0].url: the environment variable NOWHERE is not set',
    ],
    [
      'a format that is none',
      'sources: [{kind: stdin, name: a, format: bogus}]\n',
      'w.yaml:1:42: error settings/bad-value sources[0].format: ',
    ],
    [
      'a time zone that is none',
      'sources: [{kind: stdin, name: a, timezone: Mars/X}]\n',
      'w.yaml:1:44: error settings/bad-value sources[0].timezone: no time zone; write a name such as Europe/Berlin',
    ],
    [
      'a password in an address',
      `sources: [{kind: stdin, name: a}]\nsinks: [{kind: elasticsearch, node: "http://u:${SECRET}@h:9200"}]\n`,
      'w.yaml:2:37: error settings/bad-value sinks[0].node: a user or password in an address is a secret',
    ],
    [
      'a password in the address of a webhook',
      `sources: [{kind: stdin, name: a}]\nsinks: [{kind: webhook, name: w, url: "https://u:${SECRET}@h/"}]\n`,
      'w.yaml:2:39: error settings/bad-value sinks[0].url: a user or password in an address is a secret',
    ],
    [
      'a canary of a topic for a source that has none',
      'sources: [{kind: stdin, name: a}]\ncanaries: [{id: c, rule: r, source: a, lines: [x], inject: topic}]\n',
      'w.yaml:2:60: error settings/bad-value canaries[0].inject: the source "a" is no Kafka topic',
    ],
    [
      'a canary in the distributed form',
      'sources: [{kind: stdin, name: a}]\ntransport: {brokers: [b:9092]}\ncanaries: [{id: c, rule: r, source: a, lines: [x]}]\n',
      'w.yaml:3:11: error settings/bad-value canaries: canaries need the embedded form: leave out transport',
    ],
    [
      'routes in the distributed form',
      'sources: [{kind: stdin, name: a}]\nsinks: [{kind: console, name: c}]\ntransport: {brokers: [b:9092]}\nnotify: {route: {receiver: c}}\n',
      'w.yaml:4:9: error settings/bad-value notify: routes and silences need the embedded form: leave out transport, or let an Alertmanager route (a sink of kind alertmanager)',
    ],
    [
      'a canary for a source that is not there',
      'sources: [{kind: stdin, name: a}]\ncanaries: [{id: c, rule: r, source: b, lines: [x]}]\n',
      'w.yaml:2:37: error settings/bad-value canaries[0].source: there is no source "b"',
    ],
    ['a repeated key', 'rules: [a]\nrules: [b]\n', 'w.yaml:2:1: error yaml/duplicate-key: the key "rules" stands already in line 1'],
  ];
  test.each(cases)('%s', (_name, text, wanted) => {
    const found = problems(text);
    expect(
      found.some((line) => line.startsWith(wanted)),
      `${wanted}\nnot in\n${found.join('\n')}`,
    ).toBe(true);
    expect(found.join('\n')).not.toContain(SECRET);
  });

  test('a file of a secret that others can read is a warning, and the settings hold', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wardline-settings-'));
    const file = join(folder, 'key');
    writeFileSync(file, SECRET);
    const text = `sources: [{kind: stdin, name: a}]\nsinks: [{kind: webhook, name: w, url: "https://x.example", secret: "\${file:${file}}"}]\n`;
    chmodSync(file, 0o644);
    expect(problems(text)).toEqual([
      `w.yaml:2:68: warn settings/secret-file sinks[0].secret: others can read or change the file ${file}; chmod 0640 or less`,
    ]);
    expect(parse(text, {}).settings).toBeDefined();
    chmodSync(file, 0o640);
    expect(problems(text)).toEqual([]);
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\n');
    chmodSync(file, 0o644);
    expect(problems(text)).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('several problems are reported together, in order of place', () => {
    const lines = problems('tenant: A B\nsources: [{kind: file, name: "?", path: x, more: 1}]\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['w.yaml:1:9:', 'w.yaml:2:30:', 'w.yaml:2:44:']);
  });

  test('a reference is a secret where one is wanted, and its text where text is wanted', () => {
    const text =
      'sources: [{kind: kafka, name: a, brokers: ["${env:BROKER}"], topics: [t]}]\nsinks: [{kind: webhook, name: w, url: "${env:URL}", secret: "${env:KEY}"}]\n';
    const { settings } = parse(text, { BROKER: 'kafka:9092', URL: 'https://example.org/x', KEY: SECRET });
    expect(settings?.sources[0]).toMatchObject({ brokers: ['kafka:9092'] });
    const [sink] = settings?.sinks ?? [];
    expect(sink?.kind === 'webhook' && sink.secret instanceof Secret && sink.secret.reveal()).toBe(SECRET);
    expect(JSON.stringify(settings, (_key, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(SECRET);
  });
});
