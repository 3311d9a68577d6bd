import { describe, expect, test } from 'vitest';
import { goldenFiles } from '../support/golden-formats.ts';

/** Elastic Common Schema 9, "Event categorization": the types that are expected with each category. */
const EXPECTED_TYPES: Readonly<Record<string, string>> = {
  api: 'access admin allowed change creation deletion denied end info start user',
  authentication: 'start end info',
  configuration: 'access change creation deletion info',
  database: 'access change info error',
  driver: 'change end info start',
  email: 'info',
  file: 'access change creation deletion info',
  host: 'access change end info start',
  iam: 'admin change creation deletion group info user',
  intrusion_detection: 'allowed denied info',
  library: 'start',
  malware: 'info',
  network: 'access allowed connection denied end info protocol start',
  package: 'access change deletion info installation start',
  process: 'access change end info start',
  registry: 'access change creation deletion',
  session: 'start end info',
  threat: 'indicator',
  vulnerability: 'info',
  web: 'access error info',
};
const KINDS = ['alert', 'asset', 'enrichment', 'event', 'metric', 'state', 'pipeline_error', 'signal'];
const OUTCOMES = ['failure', 'success', 'unknown'];

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)]);

describe('fields of ECS whose values are fixed', () => {
  test.each(goldenFiles().map(({ format, cases }) => [format, cases] as const))('%s', (_format, cases) => {
    for (const { line, ecs } of cases) {
      const strange: string[] = [];
      const categories = list(ecs['event.category']);
      for (const category of categories) if (!Object.hasOwn(EXPECTED_TYPES, category)) strange.push(`category ${category}`);
      // What is in no category may be of any type.
      for (const type of list(ecs['event.type']))
        if (categories.length > 0 && !categories.some((category) => (EXPECTED_TYPES[category] ?? '').split(' ').includes(type)))
          strange.push(`type ${type} with ${categories.join(', ')}`);
      if (!KINDS.includes(String(ecs['event.kind']))) strange.push(`kind ${ecs['event.kind']}`);
      if (ecs['event.outcome'] !== undefined && !OUTCOMES.includes(String(ecs['event.outcome'])))
        strange.push(`outcome ${ecs['event.outcome']}`);
      expect([line, strange]).toEqual([line, []]);
    }
  });
});
