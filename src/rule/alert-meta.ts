import { isMap, type Plain } from './document.ts';
import type { AlertMeta } from './ir/rule.ts';
import type { ProblemReporter } from './problem.ts';
import { readSeverityCases } from './severity-cases.ts';

/** Reads `wardline.alert.risk_score`, `wardline.alert.building_block`, `wardline.alert.severity` and `wardline.labels`; undefined where none is given. */
export function readAlertMeta(wardline: Plain | undefined, report: ProblemReporter): AlertMeta | undefined {
  if (!isMap(wardline)) return undefined;
  const alert = isMap(wardline['alert']) ? wardline['alert'] : {};
  const { risk_score: score, building_block: block } = alert;
  const { labels } = wardline;
  const severity = readSeverityCases(alert['severity'], report);
  if (score === undefined && block === undefined && labels === undefined && severity === undefined) return undefined;
  const riskScore = typeof score === 'number' && score >= 0 && score <= 100 ? score : undefined;
  if (score !== undefined && riskScore === undefined)
    report.error(
      ['wardline', 'alert', 'risk_score'],
      'value/risk-score',
      `"${String(score)}" is no risk score; write a number from 0 to 100`,
    );
  if (block !== undefined && typeof block !== 'boolean')
    report.error(['wardline', 'alert', 'building_block'], 'value/wrong-type', 'building_block is true or false');
  return {
    ...(riskScore === undefined ? {} : { riskScore }),
    buildingBlock: block === true,
    labels: readLabels(labels, report),
    ...(severity === undefined ? {} : { severity }),
  };
}

function readLabels(labels: Plain | undefined, report: ProblemReporter): Readonly<Record<string, string>> {
  if (labels === undefined) return {};
  if (!isMap(labels)) {
    report.error(['wardline', 'labels'], 'value/wrong-type', 'labels is a map of names and texts');
    return {};
  }
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value === 'object') report.error(['wardline', 'labels', name], 'value/wrong-type', 'a label is a text');
    else if (!/^[A-Za-z_]\w{0,99}$/.test(name))
      report.error(
        ['wardline', 'labels', name],
        'value/wrong-type',
        `"${name}" is no label: letters, digits and underscore`,
        undefined,
        'key',
      );
    else out[name] = String(value);
  }
  return out;
}
