import { isMap, type Plain, type PlainMap } from './document.ts';
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
  const quiet = readMode(wardline, report);
  if ([score, block, labels, severity, quiet].every((one) => one === undefined)) return undefined;
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
    ...quiet,
  };
}

/** `wardline.mode`: alert (default), shadow, or canary with the rule it is to replace in `of`. */
function readMode({ mode, of }: PlainMap, report: ProblemReporter): Pick<AlertMeta, 'mode' | 'canaryOf'> | undefined {
  if (mode !== undefined && mode !== 'alert' && mode !== 'shadow' && mode !== 'canary')
    report.error(['wardline', 'mode'], 'value/mode', `mode is alert, shadow or canary, not "${String(mode)}"`);
  if (mode === 'canary' && typeof of !== 'string')
    report.error(['wardline', 'mode'], 'value/mode', 'a canary names in "of" the rule that it is to replace');
  if (of !== undefined && mode !== 'canary') report.error(['wardline', 'of'], 'value/mode', '"of" belongs to mode: canary');
  if (mode === 'shadow') return { mode };
  return mode === 'canary' && typeof of === 'string' ? { mode, canaryOf: of } : undefined;
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
