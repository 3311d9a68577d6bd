import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readRuleFiles } from '../src/rule/files.ts';
import type { Detection } from '../src/rule/ir/rule.ts';
import { loadRules } from '../src/rule/load.ts';

const data = resolve(import.meta.dirname, process.env['WARDLINE_BENCH_DATA'] ?? '../../shared/data/sigma');

/** False where the public rules and events are not: the bench then says so and measures nothing. */
export const available = existsSync(join(data, 'sigmahq')) && existsSync(join(data, 'windows-events.ndjson.gz'));
export const dataFolder = data;

/** Every n-th line of the real Windows events, as bytes. */
export function realLines(every: number): readonly Buffer[] {
  const text = gunzipSync(readFileSync(join(data, 'windows-events.ndjson.gz')));
  const lines: Buffer[] = [];
  let from = 0;
  for (let n = 0; from < text.length; n++) {
    const end = text.indexOf(0x0a, from);
    const stop = end < 0 ? text.length : end;
    if (n % every === 0 && stop > from) lines.push(text.subarray(from, stop));
    from = stop + 1;
  }
  return lines;
}

/** All rules of the public set that load; `count` cuts them or adds changed copies until there are so many. */
export function publicRules(count?: number): readonly Detection[] {
  const { detections } = loadRules(readRuleFiles([join(data, 'sigmahq', 'rules')])).ruleset;
  if (count === undefined) return detections;
  const out = detections.slice(0, count);
  for (let n = 0; out.length < count; n++) {
    const rule = detections[n % detections.length] as Detection;
    out.push({ ...rule, id: `${rule.id}-${n}`, expr: changed(rule.expr, n) });
  }
  return out;
}

/** A copy of a rule that looks for other texts: every literal of five characters or more gets a tail. */
function changed(expr: Detection['expr'], n: number): Detection['expr'] {
  switch (expr.op) {
    case 'and':
    case 'or':
      return { op: expr.op, of: expr.of.map((one) => changed(one, n)) };
    case 'not':
      return { op: 'not', of: changed(expr.of, n) };
    case 'text':
      return {
        ...expr,
        pattern: expr.pattern.map((token) => (typeof token === 'string' && token.length > 4 ? `${token}${n.toString(36)}` : token)),
      };
    default:
      return expr;
  }
}
