import { nearest } from '../../shared/nearest.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';

/** Reports keys outside `known`, with the nearest known one. */
export function reportUnknownKeys(value: object, path: DocumentPath, known: readonly string[], report: ProblemReporter): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const hint = nearest(key, known);
    report.error(
      [...path, key],
      'json-rules/unknown-key',
      `unknown key "${key}"${hint ? `; did you mean "${hint}"?` : `; known: ${known.join(', ')}`}`,
    );
  }
}
