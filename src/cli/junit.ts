import { xmlText } from '../shared/xml-text.ts';

/** One test as JUnit readers (CI systems) want it. */
export type JunitCase = { readonly suite: string; readonly name: string; readonly seconds: number; readonly failure?: string | undefined };

export function junit(cases: readonly JunitCase[]): string {
  const suites = [...Map.groupBy(cases, ({ suite }) => suite)].map(([suite, list]) => {
    const failures = list.filter(({ failure }) => failure !== undefined).length;
    const lines = list.map(({ name, seconds, failure }) => {
      const head = `    <testcase classname="${xmlText(suite)}" name="${xmlText(name)}" time="${seconds.toFixed(3)}"`;
      return failure === undefined
        ? `${head}/>`
        : `${head}>\n      <failure message="${xmlText(failure.split('\n')[0] ?? '')}">${xmlText(failure)}</failure>\n    </testcase>`;
    });
    return [`  <testsuite name="${xmlText(suite)}" tests="${list.length}" failures="${failures}">`, ...lines, '  </testsuite>'].join('\n');
  });
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="wardline" tests="${cases.length}" failures="${failures}">\n${suites.join('\n')}\n</testsuites>\n`;
}
