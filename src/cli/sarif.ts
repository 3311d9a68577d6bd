import type { Problem } from '../rule/problem.ts';
import { VERSION } from '../shared/version.ts';

/** Problems as SARIF 2.1.0, for code review: our code is the rule id, the place the location. */
export function sarif(problems: readonly Problem[]): string {
  const codes = [...new Set(problems.map(({ code }) => code))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Wardline', version: VERSION, rules: codes.map((id) => ({ id })) } },
        columnKind: 'unicodeCodePoints',
        results: problems.map(({ place, severity, code, message }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity === 'error' ? 'error' : 'warning',
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: place.file.split('\\').join('/').split('/').map(encodeURIComponent).join('/') },
                region: { startLine: place.line, startColumn: place.column },
              },
            },
          ],
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
