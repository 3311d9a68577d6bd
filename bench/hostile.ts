import type { Expr } from '../src/rule/ir/expr.ts';
import type { Detection } from '../src/rule/ir/rule.ts';
import { allRules, type Case, createMatch, differencesOn } from './sigma.ts';

const KILOBYTE = 1024;

function* literalsOf(expr: Expr): Iterable<string> {
  if (expr.op === 'and' || expr.op === 'or') for (const member of expr.of) yield* literalsOf(member);
  else if (expr.op === 'not') yield* literalsOf(expr.of);
  else if (expr.op === 'text') for (const token of expr.pattern) if (typeof token === 'string') yield token;
}

const repeated = (text: string, size: number): string => text.repeat(Math.ceil(size / text.length)).slice(0, size);

/** Texts that cost most where something is careless; each of the size asked for. */
const TEXTS: Readonly<Record<string, (size: number, rules: readonly Detection[]) => string>> = {
  'literals of all rules': (size, rules) => repeated(rules.flatMap(({ expr }) => [...literalsOf(expr)]).join(' '), size),
  'one letter': (size) => repeated('a', size),
  backslashes: (size) => repeated('\\', size),
  'starts of switches': (size) => repeated(' -e /c -nop', size),
  'what regular expressions begin with': (size) => repeated('cmd /c set powershell && set "', size),
  'letters beyond ASCII': (size) => repeated('ſKéİ中', size),
};

const event = (text: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      EventID: 1,
      Image: `C:\\${text.slice(0, 200)}\\cmd.exe`,
      CommandLine: text,
      ParentCommandLine: text.slice(0, 4096),
    }),
  );

const nested = (depth: number): Buffer =>
  Buffer.from(`{"Channel":"Security","EventID":4688,"CommandLine":${'["x",'.repeat(depth)}"\\\\cmd.exe"${']'.repeat(depth)}}`);

const SIZES = [4 * KILOBYTE, 64 * KILOBYTE, 1000 * KILOBYTE - 10 * KILOBYTE] as const;

/** One kind of text in several sizes, a kilobyte being the "event". */
export function hostileCase(name: string): Case {
  const rules = allRules();
  const lines = SIZES.map((size) => event((TEXTS[name] as (size: number, rules: readonly Detection[]) => string)(size / 4, rules)));
  const match = createMatch(rules);
  const kilobytes = lines.reduce((sum, line) => sum + line.length, 0) / KILOBYTE;
  return { name, unit: 'kilobyte', events: kilobytes, run: () => lines.reduce((sum, line) => sum + match(line).count, 0) };
}

export const HOSTILE: readonly string[] = Object.keys(TEXTS);

/** JSON.parse of the first kind, as the reference. */
export function hostileParseCase(): Case {
  const rules = allRules();
  const lines = SIZES.map((size) =>
    event((TEXTS['literals of all rules'] as (size: number, rules: readonly Detection[]) => string)(size / 4, rules)),
  );
  const kilobytes = lines.reduce((sum, line) => sum + line.length, 0) / KILOBYTE;
  const run = (): number => lines.reduce((sum, line) => sum + Object.keys(JSON.parse(line.toString()) as object).length, 0);
  return { name: 'JSON.parse', unit: 'kilobyte', events: kilobytes, run };
}

/** Small forms of all of it, matched and read plainly. */
export const hostileDifferences = (): readonly string[] =>
  differencesOn([...Object.values(TEXTS).map((text) => event(text(1200, allRules()))), nested(40), nested(70)], allRules());
