import type { BundleFile } from '../evidence/tar.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import type { Report } from './compliance.ts';
import { decidingMeasures } from './pack-lint.ts';
import { MS_PER_MINUTE } from './series.ts';

/**
 * One record per measure and window: what was measured over which population, under which pack and ledger. The id is
 * the SHA-256 of the bytes, so a record can be named anywhere and never change.
 */
export function evidenceRecords(report: Report): BundleFile[] {
  const objectives = objectivesByMeasure(report);
  return report.measures.flatMap(({ measure, windows }) =>
    windows.map(({ window, verdict, reasons, caps, value, limit, unit, population, of, lost, blindMs }) => {
      const text = canonicalJson({
        schema: 'wardline.evidence.v1',
        pack: { id: report.pack.id, version: report.pack.version, sha256: report.pack.sha256 },
        measure: measure.id,
        kind: measure.kind,
        objectives: objectives.get(measure.id) ?? [],
        window: { start: minuteText(window.start), end: minuteText(window.end) },
        result: { verdict, reasons: [...reasons], caps: [...caps], value, limit, unit },
        population: { n: population, of, lost, blindMs },
        ledger: { size: report.ledger.head.size, root: report.ledger.head.root },
      });
      const id = sha256Hex(text);
      return { name: `evidence/${id.slice(0, 2)}/${id}.json`, bytes: Buffer.from(text) };
    }),
  );
}

const minuteText = (minute: number): string => new Date(minute * MS_PER_MINUTE).toISOString();

function objectivesByMeasure(report: Report): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { id, objective } of report.controls.flatMap(({ objectives }) => objectives)) {
    for (const measure of new Set([...decidingMeasures(objective), ...(objective.guards ?? [])])) {
      found.set(measure, [...(found.get(measure) ?? []), id].sort());
    }
  }
  return found;
}
