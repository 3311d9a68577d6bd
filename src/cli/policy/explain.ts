import { createPolicyJudge } from '../../detect/policy/confirm.ts';
import { createContextReader } from '../../detect/policy/context.ts';
import { type Explanation, explainAccess } from '../../detect/policy/explain.ts';
import { isPolicy } from '../../detect/policy/judge.ts';
import type { Event } from '../../event/event.ts';
import { isoTime } from '../../event/time.ts';
import { WardlineError } from '../../shared/errors.ts';
import { printable } from '../../shared/table.ts';
import { namedSettings, type RuleFlags } from '../chosen-rules.ts';
import { type EventFlags, eventsOfFiles } from '../events.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Io } from '../io.ts';
import { policyRules } from './rules.ts';

export type ExplainFlags = EventFlags &
  RuleFlags & {
    readonly at?: string;
    readonly limit: string;
    readonly output: 'table' | 'json';
  };

/** `wardline policy explain FILE`: for each access in scope, which rule decided, and what would have changed it. */
export async function policyExplain(file: string, flags: ExplainFlags, io: Io): Promise<number> {
  const loaded = namedSettings(flags, io);
  const ruleset = policyRules(flags.rules, loaded, io);
  const policies = ruleset.detections.filter(isPolicy);
  const judge = createPolicyJudge(ruleset);
  const context = createContextReader(ruleset.contexts);
  const limit = wholeNumber(flags.limit, '--limit');
  const at = flags.at === undefined ? undefined : wholeNumber(flags.at, '--at');
  let shown = 0;
  let violations = 0;
  let outside = 0;
  let n = 0;
  const counts = { records: 0, unread: 0 };
  for await (const event of eventsOfFiles([file], { ...flags, loaded }, io, counts)) {
    n++;
    if (at !== undefined && n !== at) continue;
    const explanation = explainAccess(policies, judge, context, event);
    if (explanation === undefined) {
      outside++;
      if (at !== undefined) io.out(`event ${n}: no policy has this access in scope\n`);
      continue;
    }
    if (explanation.outcome === 'violation') violations++;
    io.out(flags.output === 'json' ? `${JSON.stringify(asJson(n, event, explanation))}\n` : explanationText(n, event, explanation));
    if (++shown >= limit) break;
  }
  if (at !== undefined && n < at) throw new WardlineError('usage', `--at ${at}: there are ${n} events in ${file}`);
  const unread = counts.unread === 0 ? '' : `, ${counts.unread} records that could not be read`;
  if (flags.output === 'table' && at === undefined)
    io.out(`${shown} accesses explained, ${outside} events in scope of no policy${unread}\n`);
  else if (unread !== '') io.err(`${unread.slice(2)}\n`);
  return violations > 0 ? EXIT.findings : EXIT.ok;
}

const FIELDS = ['wardline.access.subject.spiffe', 'user.name', 'user.id', 'service.name', 'wardline.access.subject.id'];

/** Who did what to what, in one line. */
function accessText(event: Event): string {
  const first = (fields: readonly string[]): string => {
    const found = fields.map((name) => event.field(name)).find((value) => value !== undefined && value !== null);
    return found === undefined ? '?' : typeof found === 'string' ? found : JSON.stringify(found);
  };
  const resource = first(['wardline.access.resource.service', 'wardline.access.resource.id', 'url.path']);
  return `${first(FIELDS)} -> ${resource} (${first(['wardline.access.action', 'event.action', 'http.request.method'])})`;
}

function decided({ verdict: judged, outcome }: Explanation): string {
  const { verdict, policy, version, entry, forbiddenBy, detector } = judged;
  const by = `policy ${policy}${version === undefined ? '' : ` v${version}`}`;
  if (verdict === 'allow') return `${outcome}: entry ${entry} of ${by} allows it`;
  const why =
    forbiddenBy !== undefined
      ? `forbid ${forbiddenBy} of ${by}${verdict === 'missing' ? `, of which it cannot be told whether it holds${unknownText(judged)}` : ''}`
      : entry === undefined
        ? `no entry of ${by} applies`
        : `${by}, nearest entry ${entry}`;
  return `${outcome}: ${verdict} (${detector}), ${why}`;
}

/** What the forbid entry asked for and was not there. */
function unknownText({ forbid, forbiddenBy }: Explanation['verdict']): string {
  const unknown = forbid.find(({ entry }) => entry === forbiddenBy)?.unknown ?? [];
  return unknown.length === 0 ? '' : `: nothing is known of ${unknown.join(', ')}`;
}

/** One access explained for people. */
export function explanationText(n: number, event: Event, explanation: Explanation): string {
  const { verdict: judged, changes, letThrough } = explanation;
  const lines = [
    `event ${n}  ${isoTime(event.time)}  ${accessText(event)}  ${letThrough ? 'was let through' : 'was refused'}`,
    `  ${decided(explanation)}`,
    ...judged.failed.map(
      ({ check, wanted, got }) => `    ${check}: wanted ${wanted}, got ${got === null ? 'nothing' : JSON.stringify(got)}`,
    ),
    ...(changes.length === 0
      ? []
      : [judged.verdict === 'allow' ? '  would be denied if any of these were so:' : '  would be allowed with all of one line:']),
    ...changes.slice(0, 5).map(({ policy, entry, needs }) => `    ${policy} / ${entry}: ${needs.join('; ')}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function asJson(n: number, event: Event, { verdict: judged, outcome, letThrough, changes }: Explanation): object {
  const { policy, version, verdict, detector, entry, forbiddenBy, failed, missing, context } = judged;
  return {
    version: 1,
    event: n,
    time: isoTime(event.time),
    access: accessText(event),
    letThrough,
    outcome,
    verdict,
    policy,
    policyVersion: version,
    detector,
    entry,
    forbiddenBy,
    failed,
    missing,
    context,
    changes,
  };
}
