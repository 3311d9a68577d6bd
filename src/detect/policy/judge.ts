import type { Event } from '../../event/event.ts';
import type { AllowEntry, Check, ForbidEntry, Policy, Question } from '../../rule/ir/policy.ts';
import type { Detection, RuleId } from '../../rule/ir/rule.ts';
import { factName } from '../../rule/policy/json-form.ts';
import type { JsonValue } from '../../shared/json.ts';
import { fieldsOf } from '../group.ts';
import { evaluate } from '../reference.ts';
import { type Answer, ask, combine } from './ask.ts';
import type { ContextReader, ContextUse } from './context.ts';

/** A check that did not hold: what was wanted, what was there; `missing` = nothing was there, or nothing to believe. */
export type FailedCheck = {
  readonly check: string;
  readonly wanted: string;
  readonly got: JsonValue;
  readonly missing: boolean;
  readonly detector: string;
};

/** One entry of one policy for one access. */
export type EntryFinding = {
  readonly policy: RuleId;
  readonly entry: string;
  readonly when: Answer;
  readonly failed: readonly FailedCheck[];
  readonly answer: Answer;
  /** A forbid entry of which it is unknown whether it holds: the fields and facts that were not there. */
  readonly unknown?: readonly string[];
};

/** What all policies together say of one access (zero-trust page, section 3). */
export type Verdict = {
  readonly verdict: 'allow' | 'deny' | 'missing';
  /** The policy that decided: of the entry that allowed or forbade, or that came nearest. */
  readonly policy: RuleId;
  readonly version: string | undefined;
  /** `ZT-01` where no entry applies, else the detector of the first check that failed. Undefined if allowed. */
  readonly detector: string | undefined;
  readonly entry: string | undefined;
  readonly forbiddenBy: string | undefined;
  readonly failed: readonly FailedCheck[];
  /** Fields and stores that had no answer. */
  readonly missing: readonly string[];
  readonly context: readonly ContextUse[];
  /** True: unknown, and every policy in scope says that this is no violation. */
  readonly undecided: boolean;
  readonly allow: readonly EntryFinding[];
  readonly forbid: readonly EntryFinding[];
};

export type PolicyRule = Detection & { readonly policy: Policy };
export const isPolicy = (rule: Detection): rule is PolicyRule => rule.policy !== undefined;

/** Judges one access by policies that add up; undefined if none has it in scope. */
export function judge(policies: readonly PolicyRule[], event: Event, context: ContextReader): Verdict | undefined {
  const inScope = policies.filter(({ policy }) => evaluate(policy.scope, event));
  if (inScope.length === 0) return undefined;
  const allow = inScope.flatMap(({ id, policy }) => policy.allow.map((entry) => findAllow(id, entry, event, context)));
  const forbid = inScope.flatMap(({ id, policy }) => policy.forbid.map((entry) => findForbid(id, entry, event, context)));
  const forbidden = combine(true, forbid, ({ answer }) => answer);
  const allowed = combine(true, allow, ({ answer }) => answer);
  const verdict = forbidden === true || allowed === false ? 'deny' : forbidden === false && allowed === true ? 'allow' : 'missing';
  const deciding = decidingEntry(verdict, allow, forbid, forbidden, allowed);
  const failed = deciding?.failed ?? [];
  const owner = deciding?.policy ?? (inScope[0] as PolicyRule).id;
  const { policy } = inScope.find(({ id }) => id === owner) as PolicyRule;
  const isForbid = deciding !== undefined && forbid.includes(deciding);
  return {
    verdict,
    policy: owner,
    version: policy.version,
    detector: verdict === 'allow' ? undefined : (failed[0]?.detector ?? 'ZT-01'),
    entry: deciding !== undefined && !isForbid ? deciding.entry : undefined,
    forbiddenBy: isForbid ? deciding.entry : undefined,
    failed: isForbid ? [] : failed,
    missing: [...new Set(failed.filter(({ missing }) => missing).map(({ check }) => check))],
    context: usesOf(inScope, event, context),
    undecided: verdict === 'missing' && inScope.every(({ policy: one }) => one.onMissing === 'undecided'),
    allow,
    forbid,
  };
}

/** The forbid entry that holds or may hold, the allow entry that holds, or the one that lacks least. */
function decidingEntry(
  verdict: Verdict['verdict'],
  allow: readonly EntryFinding[],
  forbid: readonly EntryFinding[],
  forbidden: Answer,
  allowed: Answer,
): EntryFinding | undefined {
  if (forbidden === true) return forbid.find(({ answer }) => answer === true);
  if (verdict === 'allow') return allow.find(({ answer }) => answer === true);
  if (allowed === true) return forbid.find(({ answer }) => answer === undefined);
  const applicable = allow.filter(({ when }) => when === true);
  return applicable.toSorted((a, b) => a.failed.length - b.failed.length)[0];
}

function findAllow(policy: RuleId, { id, when, require }: AllowEntry, event: Event, context: ContextReader): EntryFinding {
  const applies = ask(when, event, context);
  const answers = require.map((check) => ({ check, answer: ask(check.ask, event, context) }));
  const failed = answers.filter(({ answer }) => answer !== true).map(({ check, answer }) => failedCheck(check, answer, event, context));
  const all = combine(false, answers, ({ answer }) => answer);
  return { policy, entry: id, when: applies, failed, answer: combine(false, [applies, all], (answer) => answer) };
}

function findForbid(policy: RuleId, { id, when, detector }: ForbidEntry, event: Event, context: ContextReader): EntryFinding {
  const answer = ask(when, event, context);
  const missing = answer === undefined;
  const failed = answer === false ? [] : [{ check: `forbid ${id}`, wanted: 'not to hold', got: missing ? null : true, missing, detector }];
  return { policy, entry: id, when: answer, failed, answer, ...(missing ? { unknown: unknownIn(when, event, context) } : {}) };
}

/** What a question asks for and nobody knows, each once. */
function unknownIn(question: Question, event: Event, context: ContextReader): readonly string[] {
  if (ask(question, event, context) !== undefined || question.op === 'constant') return [];
  if (question.op === 'not') return unknownIn(question.of, event, context);
  if (question.op === 'all' || question.op === 'any') return [...new Set(question.of.flatMap((one) => unknownIn(one, event, context)))];
  if (question.op === 'event') return [...fieldsOf(question.expr)];
  if (question.op === 'age') return [factName(question.fact)];
  return question.op === 'leaf' ? [factName(question.leaf.fact)] : [];
}

function failedCheck(check: Check, answer: Answer, event: Event, context: ContextReader): FailedCheck {
  const { name, wanted, detector, fact } = check;
  return {
    check: name === '' ? factName(fact) : name,
    wanted,
    got: context.value(fact, event) ?? null,
    missing: answer === undefined,
    detector,
  };
}

function usesOf(policies: readonly PolicyRule[], event: Event, context: ContextReader): readonly ContextUse[] {
  const uses = policies.flatMap(({ policy }) => policy.allow.flatMap(({ require }) => require.map(({ fact }) => context.use(fact, event))));
  return [...new Map(uses.filter((use) => use !== undefined).map((use) => [use.store, use])).values()];
}
