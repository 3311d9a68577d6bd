import { DEFAULT_LIMITS, decode } from '../src/decode/decode.ts';
import { createByteMatcher } from '../src/detect/bytes/byte-matcher.ts';
import { createMatchBuffer, createMatcher } from '../src/detect/matcher.ts';
import { evaluate } from '../src/detect/reference.ts';
import { labelFor } from '../src/detect/routing.ts';
import type { RawRecord } from '../src/event/raw-record.ts';
import { createNormalizer } from '../src/normalize/normalizer.ts';
import type { Detection } from '../src/rule/ir/rule.ts';
import { publicRules, realLines } from './corpus.ts';

/** One way to handle a corpus; `run` does one round and gives a sum that must be the same for equal results. */
export type Case = {
  readonly name: string;
  /** What `events` counts, where it is no event. */
  readonly unit?: string;
  readonly events: number;
  readonly run: () => number;
  readonly runAsync?: () => Promise<number>;
};

const headers = new Map<string, string>();
export const recordOf = (bytes: Uint8Array, n: number): RawRecord => ({
  source: 'bench',
  partition: 0,
  offset: BigInt(n),
  appendedAt: 1_800_000_000_000,
  bytes,
  headers,
});

/** What everything is measured against: the text of each event through JSON.parse, on the same events. */
export function parseCase(every: number): Case {
  const lines = realLines(every);
  return {
    name: 'JSON.parse',
    events: lines.length,
    run() {
      let sum = 0;
      for (const line of lines) sum += (JSON.parse(line.toString()) as { EventID?: number }).EventID === undefined ? 0 : 1;
      return sum;
    },
  };
}

/** Bytes to matched rules as the product does it: what the matcher on bytes leaves goes through decoder and normalizer. */
export function matchCase(every: number, rules: readonly Detection[]): Case {
  const lines = realLines(every);
  const match = createMatch(rules);
  return {
    name: `wardline, ${rules.length} rules`,
    events: lines.length,
    run: () => lines.reduce((sum, line) => sum + match(line).count, 0),
  };
}

/** One line to the rules that hold for it, as places in the list; the buffer is used again. */
export function createMatch(rules: readonly Detection[]) {
  const matcher = createMatcher(rules);
  const byteMatcher = createByteMatcher(rules, DEFAULT_LIMITS);
  const normalizer = createNormalizer({});
  const found = createMatchBuffer();
  return (line: Uint8Array) => {
    found.count = 0;
    if (byteMatcher.match(line, normalizer.decisions, found) !== undefined) return found;
    const record = recordOf(line, 0);
    for (const decoded of decode(record, DEFAULT_LIMITS).documents) matcher.match(normalizer.normalize(record, decoded), found);
    return found;
  };
}

/** Bytes to matched rules through decoder, normalizer and the matcher on objects. */
export function objectCase(every: number, rules: readonly Detection[]): Case {
  const lines = realLines(every);
  const matcher = createMatcher(rules);
  const normalizer = createNormalizer({});
  const found = createMatchBuffer();
  return {
    name: `wardline on objects, ${rules.length} rules`,
    events: lines.length,
    run() {
      let matches = 0;
      lines.forEach((line, n) => {
        const record = recordOf(line, n);
        for (const decoded of decode(record, DEFAULT_LIMITS).documents) {
          found.count = 0;
          matcher.match(normalizer.normalize(record, decoded), found);
          matches += found.count;
        }
      });
      return matches;
    },
  };
}

/** Correctness before speed: both matchers' rules for a sample of events against the slow reading of the same rules. */
export const differences = (every: number, rules: readonly Detection[]): readonly string[] => differencesOn(realLines(every), rules);

export function differencesOn(lines: readonly Buffer[], rules: readonly Detection[]): readonly string[] {
  const match = createMatch(rules);
  const matcher = createMatcher(rules);
  const normalizer = createNormalizer({});
  const buffer = createMatchBuffer();
  const wrong: string[] = [];
  lines.forEach((line, n) => {
    const record = recordOf(line, n);
    const bytes = match(line);
    const fromBytes = new Set(bytes.rules.subarray(0, bytes.count));
    for (const decoded of decode(record, DEFAULT_LIMITS).documents) {
      const event = normalizer.normalize(record, decoded);
      buffer.count = 0;
      matcher.match(event, buffer);
      const fromObject = new Set(buffer.rules.subarray(0, buffer.count));
      rules.forEach((rule, i) => {
        const label = labelFor(rule.logsource, event.route);
        const wanted = label !== null && evaluate(rule.expr, event, label);
        for (const [form, got] of [
          ['bytes', fromBytes],
          ['object', fromObject],
        ] as const)
          if (wanted !== got.has(i)) wrong.push(`event ${n} as ${form}: ${rule.id} ${wanted ? 'is missed' : 'is found and should not be'}`);
      });
    }
  });
  return wrong;
}

export const allRules = (): readonly Detection[] => publicRules();
