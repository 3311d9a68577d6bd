import type { Event } from '../../event/event.ts';
import type { Predicate, TextPattern } from '../../rule/ir/expr.ts';
import type { Question } from '../../rule/ir/policy.ts';
import { LET_THROUGH } from '../../rule/policy/let-through.ts';
import type { JsonValue } from '../../shared/json.ts';
import { evaluate } from '../reference.ts';
import { ask } from './ask.ts';
import { failedText, type PolicyJudge } from './confirm.ts';
import type { ContextReader } from './context.ts';
import type { PolicyRule, Verdict } from './judge.ts';

/** What the verdict and what the enforcement point did come to (zero-trust page, section 3). */
export type Outcome = 'conform' | 'violation' | 'over-blocked' | 'prevented' | 'undecided';

/** One access explained: who decided, why, and the least that would have changed it. */
export type Explanation = {
  readonly verdict: Verdict;
  readonly letThrough: boolean;
  readonly outcome: Outcome;
  /** For each entry, fewest first: what is not so and would have to be for it to decide the other way. */
  readonly changes: readonly { readonly policy: string; readonly entry: string; readonly needs: readonly string[] }[];
};

export function outcomeOf(verdict: Verdict, letThrough: boolean): Outcome {
  if (verdict.verdict === 'allow') return letThrough ? 'conform' : 'over-blocked';
  if (!letThrough) return 'prevented';
  return verdict.undecided ? 'undecided' : 'violation';
}

export const letThroughBy = (event: Event): boolean => evaluate(LET_THROUGH, event);

/** Explains one access; undefined if no policy has it in scope. */
export function explainAccess(
  policies: readonly PolicyRule[],
  judge: PolicyJudge,
  context: ContextReader,
  event: Event,
): Explanation | undefined {
  const verdict = judge.judge(event);
  if (verdict === undefined) return undefined;
  const letThrough = letThroughBy(event);
  const changes = verdict.verdict === 'allow' ? toDeny(policies, verdict) : toAllow(policies, verdict, context, event);
  return { verdict, letThrough, outcome: outcomeOf(verdict, letThrough), changes };
}

/** An allowed access is denied as soon as one thing of every entry that allows it is otherwise. */
function toDeny(policies: readonly PolicyRule[], { allow }: Verdict): Explanation['changes'] {
  return allow
    .filter(({ answer }) => answer === true)
    .map(({ policy, entry }) => {
      const found = policies.find(({ id }) => id === policy)?.policy.allow.find(({ id }) => id === entry);
      const checks = found?.require.map(({ name, wanted }) => `${name} is not ${wanted}`) ?? [];
      return { policy, entry, needs: [...checks, ...(found === undefined ? [] : conjuncts(found.when).map(negatedText))] };
    });
}

/** A denied access is allowed once nothing forbids it and all of one entry holds. */
function toAllow(policies: readonly PolicyRule[], verdict: Verdict, context: ContextReader, event: Event): Explanation['changes'] {
  const lifted = verdict.forbid.filter(({ answer }) => answer !== false).map(({ entry }) => `forbid ${entry} does not hold`);
  const entries = verdict.allow.map(({ policy, entry, failed }) => {
    const found = policies.find(({ id }) => id === policy)?.policy.allow.find(({ id }) => id === entry);
    const whens = found === undefined ? [] : conjuncts(found.when).filter((part) => ask(part, event, context) !== true);
    return { policy, entry, needs: [...lifted, ...whens.map((part) => questionText(part, event)), ...failed.map(failedText)] };
  });
  return entries.sort((a, b) => a.needs.length - b.needs.length);
}

const conjuncts = (question: Question): readonly Question[] =>
  question.op === 'all' ? question.of.flatMap(conjuncts) : question.op === 'constant' ? [] : [question];

const negatedText = (question: Question): string => `not: ${wantedText(question)}`;

function questionText(question: Question, event: Event): string {
  const got = question.op === 'event' && question.expr.field !== null ? (event.field(question.expr.field) ?? null) : undefined;
  const shown = got === undefined ? '' : `, got ${got === null ? 'nothing' : JSON.stringify(got)}`;
  return `${wantedText(question)}${shown}`;
}

/** A question in words: `wardline.access.action: wanted connect or read`. */
function wantedText(question: Question): string {
  if (question.op === 'event') return predicateText(question.expr);
  if (question.op === 'any' && question.of.every((one) => one.op === 'event')) {
    const texts = question.of.map(({ expr }) => ({ field: expr.field, text: valueText(expr) }));
    const fields = new Set(texts.map(({ field }) => field));
    if (fields.size === 1) return `${texts[0]?.field ?? 'any value'}: wanted ${texts.map(({ text }) => text).join(' or ')}`;
  }
  if (question.op === 'not') return `not (${wantedText(question.of)})`;
  if (question.op === 'all' || question.op === 'any') return `${question.op} of (${question.of.map(wantedText).join('; ')})`;
  return question.op === 'constant' ? String(question.value) : 'a fact of a store';
}

const predicateText = (expr: Predicate): string => `${expr.field ?? 'any value'}: wanted ${valueText(expr)}`;

function valueText(expr: Predicate): string {
  switch (expr.op) {
    case 'text':
      return patternText(expr.pattern);
    case 'regex':
      return `a match of ${expr.pattern}`;
    case 'number':
      return `${expr.compare} ${expr.value}`;
    case 'cidr':
      return `an address in ${expr.network}`;
    case 'boolean':
      return String(expr.value);
    case 'null':
      return 'nothing';
    case 'exists':
    case 'present':
      return 'a value';
    case 'fieldref':
      return `${expr.how} ${expr.other}`;
    case 'time':
      return `${expr.part} ${expr.compare} ${expr.value}`;
    case 'json':
      return `${expr.operator} ${JSON.stringify(expr.value satisfies JsonValue)}`;
  }
}

function patternText(pattern: TextPattern): string {
  return pattern.map((token) => (typeof token === 'string' ? token : token.wildcard === 'any' ? '*' : '?')).join('');
}
