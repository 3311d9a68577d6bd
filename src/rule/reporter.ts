import type { SourceDocument } from './document.ts';
import type { Problem, ProblemReporter } from './problem.ts';

/** Reports with the place that a path has in the document; `failed()` tells whether an error was among it. */
export function reporter(document: SourceDocument, problems: Problem[]): ProblemReporter & { failed(): boolean } {
  let errors = 0;
  const add = (
    severity: Problem['severity'],
    path: Problem['path'],
    code: string,
    message: string,
    at?: number,
    what?: 'key' | 'value',
  ): void => {
    if (severity === 'error') errors++;
    problems.push({ place: document.placeOf(path, what, at), severity, code, path, message });
  };
  return {
    error: (...rest) => add('error', ...rest),
    warn: (...rest) => add('warn', ...rest),
    failed: () => errors > 0,
  };
}
