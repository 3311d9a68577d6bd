import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { wardlineIn } from '../support/wardline.ts';
import { createTopic, elasticsearchUrl, eventually, kafka, kafkaUrl, produce, skipped } from './servers.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(skipped !== undefined)('doctor asks a real broker for lag and a real Elasticsearch for privileges', async () => {
  const topic = `doctor-${process.pid}-${Date.now()}`;
  await createTopic(topic, 2);
  await produce(
    topic,
    [0, 1, 2, 3, 4].map((n) => ({ value: `{"n":${n}}`, partition: n % 2 })),
  );
  const group = `doctor-group-${process.pid}`;
  writeFileSync(
    join(folder, 'wardline.yaml'),
    JSON.stringify({
      rules: ['rules'],
      sources: [{ kind: 'kafka', name: 'in', brokers: [kafkaUrl], topics: [topic], groupId: group }],
      sinks: [{ kind: 'elasticsearch', name: 'es', node: elasticsearchUrl, insecure: true }],
    }),
  );
  const details = async () => {
    const { findings } = JSON.parse((await wardlineIn(folder)('doctor', '-o', 'json')).out) as {
      findings: { check: string; detail: string }[];
    };
    return findings.filter(({ check }) => check === 'source in' || check === 'sink es').map(({ detail }) => detail);
  };
  // A broker that was just started makes its topic of offsets first.
  const before = await eventually(details, (found) => found.some((detail) => detail.includes('has read nothing yet')));
  expect(before.join('\n')).toContain(`the group ${group} has read nothing yet; 5 records are there`);
  expect(
    before.some(
      (detail) => detail === 'the server asks nobody for privileges' || detail === 'its user has the privileges that the sink needs',
    ),
  ).toBe(true);
  const admin = kafka().admin();
  await admin.connect();
  await admin.setOffsets({
    groupId: group,
    topic,
    partitions: [
      { partition: 0, offset: '1' },
      { partition: 1, offset: '2' },
    ],
  });
  await admin.disconnect();
  expect((await details()).join('\n')).toContain(`the group ${group} is 2 records behind, most in ${topic}/0 (2)`);
});
