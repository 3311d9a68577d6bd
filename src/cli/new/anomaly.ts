import { meaningOf } from '../../rule/anomaly/meanings.ts';
import { ANOMALY_TYPES } from '../../rule/anomaly/types.ts';
import { WardlineError } from '../../shared/errors.ts';
import { ANOMALY_SAMPLES, type AnomalyTypeName, type Sample } from './anomaly-samples.ts';
import type { Template } from './template.ts';

export const ANOMALY_TYPE_NAMES = Object.keys(ANOMALY_SAMPLES) as readonly AnomalyTypeName[];
export const METRICS = ['count', 'distinct', 'sum', 'avg'] as const;
export type MetricName = (typeof METRICS)[number];

/** What each metric measures of the traffic that the samples of panes are about. */
const MEASURED: Readonly<Record<MetricName, Readonly<Record<string, string>>>> = {
  count: { metric: 'count' },
  distinct: { metric: 'distinct', field: 'destination.domain' },
  sum: { metric: 'sum', field: 'source.bytes' },
  avg: { metric: 'avg', field: 'source.bytes' },
};

/** A rule of one type that holds as it is, every parameter with its meaning, and cases that pass. Throws `usage`. */
export function anomalyTemplate(type: AnomalyTypeName, metric: MetricName | undefined): Template {
  const sample: Sample = ANOMALY_SAMPLES[type];
  const parameters = { ...measured(type, metric), ...sample.parameters };
  const lines = Object.entries(parameters).map(([name, value]) => `  # ${meaningOf(type, name) ?? ''}\n  ${name}: ${value}\n`);
  return {
    folder: 'rules/anomaly',
    ending: '.yml',
    rule: `title: TITLE
name: NAME
status: experimental
description: ${sample.about}
author: me
date: STARTS
level: medium
# Every parameter: docs/reference/anomalies.md; what it expected and saw: wardline anomaly explain NAME FILE
anomaly:
  type: ${type}
  rules: [NAME_event]
  group-by: [${sample.groupBy.join(', ')}]
${lines.join('')}---
id: NAME_event
title: ${sample.event}
level: informational
conditions:
  all:
${sample.facts.map(([field, operator, value]) => `    - { fact: ${field}, operator: ${operator}, value: ${value} }\n`).join('')}event: { type: NAME_event }
`,
    cases: `base: { ecs: ${sample.base} }
cases:
${sample.cases}`,
  };
}

function measured(type: AnomalyTypeName, metric: MetricName | undefined): Readonly<Record<string, string>> {
  const parameter = ANOMALY_TYPES[type]?.parameters['metric'];
  if (parameter === undefined) {
    if (metric !== undefined)
      throw new WardlineError('usage', `--metric is for the types spike, seasonal and change; ${type} measures nothing`);
    return {};
  }
  if (metric !== undefined && parameter.read(metric) === undefined)
    throw new WardlineError('usage', `--metric ${metric}: the metric of ${type} is ${parameter.expects}`);
  return MEASURED[metric ?? 'count'];
}
