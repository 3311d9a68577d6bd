import { createPolicyJudge } from '../../detect/policy/confirm.ts';
import { letThroughBy, type Outcome, outcomeOf } from '../../detect/policy/explain.ts';
import { isPolicy, type Verdict } from '../../detect/policy/judge.ts';
import type { Ruleset } from '../../rule/load.ts';
import { table } from '../../shared/table.ts';
import { namedSettings, type RuleFlags } from '../chosen-rules.ts';
import { type EventFlags, eventsOfFiles } from '../events.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { policyRules } from './rules.ts';

export type ReplayFlags = EventFlags &
  RuleFlags & {
    readonly compare?: readonly string[];
    readonly output: 'table' | 'json';
  };

const OUTCOMES: readonly Outcome[] = ['conform', 'violation', 'prevented', 'over-blocked', 'undecided'];
type Counts = Record<Outcome, number>;
const none = (): Counts => ({ conform: 0, violation: 0, prevented: 0, 'over-blocked': 0, undecided: 0 });

/** `wardline policy replay INPUT...`: what the policies say of recorded accesses, counted; with --compare, what another version would change. */
export async function policyReplay(inputs: readonly string[], flags: ReplayFlags, io: Io): Promise<number> {
  const loaded = namedSettings(flags, io);
  const ruleset = policyRules(flags.rules, loaded, io);
  const judge = createPolicyJudge(ruleset);
  const other = flags.compare === undefined ? undefined : createPolicyJudge(policyRules(flags.compare, loaded, io));
  const byPolicy = new Map<string, Counts>();
  const used = new Set<string>();
  const changed = { accesses: 0, allowed: 0, denied: 0 };
  const counts = { records: 0, unread: 0 };
  let outside = 0;
  for await (const event of eventsOfFiles(inputs, { ...flags, loaded }, io, counts)) {
    const verdict = judge.judge(event);
    if (other !== undefined) compare(verdict, other.judge(event), changed);
    if (verdict === undefined) {
      outside++;
      continue;
    }
    const row = byPolicy.get(verdict.policy) ?? none();
    row[outcomeOf(verdict, letThroughBy(event))]++;
    byPolicy.set(verdict.policy, row);
    for (const { policy, entry, answer } of verdict.allow) if (answer === true) used.add(`${policy} / ${entry}`);
  }
  const unused = entriesOf(ruleset).filter((entry) => !used.has(entry));
  const comparison = other === undefined ? undefined : changed;
  if (flags.output === 'json')
    io.out(`${JSON.stringify({ version: 1, ...counts, outside, policies: Object.fromEntries(byPolicy), unused, comparison })}\n`);
  else io.out(asText(byPolicy, unused, outside, counts, comparison));
  return [...byPolicy.values()].some(({ violation }) => violation > 0) ? EXIT.findings : EXIT.ok;
}

type Comparison = { accesses: number; allowed: number; denied: number };

function compare(before: Verdict | undefined, after: Verdict | undefined, changed: Comparison): void {
  if (before === undefined && after === undefined) return;
  changed.accesses++;
  const allowed = (verdict: Verdict | undefined): boolean => verdict === undefined || verdict.verdict === 'allow';
  if (allowed(before) && !allowed(after)) changed.denied++;
  if (!allowed(before) && allowed(after)) changed.allowed++;
}

const entriesOf = ({ detections }: Ruleset): readonly string[] =>
  detections.filter(isPolicy).flatMap(({ id, policy }) => policy.allow.map((entry) => `${id} / ${entry.id}`));

function asText(
  byPolicy: ReadonlyMap<string, Counts>,
  unused: readonly string[],
  outside: number,
  { records, unread }: { readonly records: number; readonly unread: number },
  comparison: Comparison | undefined,
): string {
  const rows = [...byPolicy]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([policy, counts]) => [policy, ...OUTCOMES.map((name) => String(counts[name]))]);
  const lines = [
    table([{ title: 'policy' }, ...OUTCOMES.map((title) => ({ title }))], rows),
    `${records} records, ${outside} events in scope of no policy${unread === 0 ? '' : `, ${unread} that could not be read`}`,
    ...(unused.length === 0 ? [] : [`never used: ${unused.join(', ')}`]),
    ...(comparison === undefined
      ? []
      : [`the other version denies ${comparison.denied} and newly allows ${comparison.allowed} of ${comparison.accesses} accesses`]),
  ];
  return `${lines.join('\n')}\n`;
}
