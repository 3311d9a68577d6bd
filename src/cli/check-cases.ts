import { existsSync, readFileSync } from 'node:fs';
import { createLibrary } from '../cases/beside.ts';
import { misfits } from '../cases/compare.ts';
import { deliveriesOf } from '../cases/records.ts';
import { createTrial } from '../cases/trial.ts';
import { readCases } from '../rule/cases/case-file.ts';
import type { Case, CaseFile } from '../rule/cases/schema.ts';
import type { LoadContext } from '../rule/front-end.ts';
import type { Exception } from '../rule/ir/exception.ts';
import type { Ruleset } from '../rule/load.ts';
import type { Problem } from '../rule/problem.ts';
import type { RuleFile } from '../rule/yaml.ts';
import { messageOf } from '../shared/errors.ts';

const RULE_ENDING = /\.(?:ya?ml|json)$/i;
/** Beyond every time that an event can have: a case is judged whenever its events were. */
const ALWAYS = { starts: -(2n ** 63n), expires: 2n ** 63n };

const fileAt = (path: string): RuleFile | undefined => (existsSync(path) ? { path, text: readFileSync(path, 'utf8') } : undefined);

/**
 * Runs the cases beside rules again under the exceptions that suppress and are not over: one that hides an alert which a
 * case expects is an error, unless it names the case under `accepts`. Whether cases hold without them is for `wardline test`.
 */
export function checkExceptions(
  files: readonly RuleFile[],
  { exceptions }: Ruleset,
  now: bigint,
  load: LoadContext,
): { readonly cases: number; readonly problems: readonly Problem[] } {
  const suppressing = exceptions.filter(({ effect, expires }) => effect === 'suppress' && expires > now);
  if (suppressing.length === 0) return { cases: 0, problems: [] };
  const library = createLibrary(files, fileAt, load);
  const hidden = createHidden();
  const problems: Problem[] = [];
  let cases = 0;
  for (const { path } of files) {
    const beside = ['.cases.yml', '.cases.yaml'].flatMap((ending) => fileAt(path.replace(RULE_ENDING, ending)) ?? [])[0];
    if (beside === undefined) continue;
    const read = readCases(beside);
    for (const [n, one] of (read.cases?.cases ?? []).entries()) {
      if (read.cases === undefined || (one.expect ?? []).length === 0) continue;
      try {
        const ruleset = library.rulesetOf(beside.path, read.cases, one);
        const about = suppressing.flatMap((exception) => within(exception, ruleset));
        if (about.length === 0) continue;
        cases++;
        hidden.add(
          beside.path,
          one.name,
          hidesOf(ruleset, about, read.cases, one, (name) => library.linesOf(beside.path, name)),
        );
      } catch (error) {
        const message = `"${one.name}" cannot be run: ${messageOf(error)}`;
        problems.push({ place: read.placeOf(n), severity: 'error', code: 'cases/fault', path: ['cases', n], message });
      }
    }
  }
  return { cases, problems: [...problems, ...suppressing.flatMap((exception) => hidden.problemsOf(exception))] };
}

/** An exception as far as it is about rules of this ruleset. */
function within(exception: Exception, { byId }: Ruleset): readonly Exception[] {
  const rules = exception.rules.filter((id) => byId.has(id));
  return rules.length === 0 ? [] : [{ ...exception, ...ALWAYS, rules }];
}

/** Exceptions that keep an alert which the case expects from opening, and what it expects; none where it does not hold anyway. */
function hidesOf(
  ruleset: Ruleset,
  exceptions: readonly Exception[],
  { base = {} }: CaseFile,
  given: Case,
  linesOf: (name: string) => readonly string[],
): ReadonlyMap<string, string> {
  // Of alerts alone: what detections match and policies say is the same under exceptions.
  const { matches: _matches, verdicts: _verdicts, ...one } = given;
  const deliveries = deliveriesOf(one, base, linesOf);
  if (misfits(createTrial(ruleset, base).run(deliveries), one, ruleset).length > 0) return new Map();
  const under = createTrial({ ...ruleset, exceptions: [...ruleset.exceptions, ...exceptions] }, base).run(deliveries);
  const missing = misfits(under, one, ruleset).flatMap((misfit) => (misfit.kind === 'missing' ? [JSON.stringify(misfit.expected)] : []));
  return new Map(missing.length === 0 ? [] : [...under.suppressedBy].map((id) => [id, missing.join(', ')]));
}

function createHidden() {
  const byException = new Map<string, { readonly path: string; readonly name: string; readonly expected: string }[]>();
  return {
    add(path: string, name: string, hides: ReadonlyMap<string, string>): void {
      for (const [id, expected] of hides) byException.set(id, [...(byException.get(id) ?? []), { path, name, expected }]);
    },
    problemsOf({ id, accepts, place }: Exception): readonly Problem[] {
      const hides = byException.get(id) ?? [];
      const errors = hides
        .filter(({ name }) => !accepts.includes(name))
        .map(({ path, name, expected }) => ({
          place,
          severity: 'error' as const,
          code: 'exception/hides-case',
          path: [],
          message: `"${id}" hides an alert that the case "${name}" of ${path} needs: ${expected}; narrow "when", or name the case under accepts`,
        }));
      const idle = accepts
        .filter((accepted) => !hides.some(({ name }) => name === accepted))
        .map((accepted) => ({
          place,
          severity: 'warn' as const,
          code: 'exception/accepts',
          path: ['accepts'],
          message: `"${id}" hides nothing in a case "${accepted}"; remove it`,
        }));
      return [...errors, ...idle];
    },
  };
}
