import { logicDigest } from '../digest.ts';
import { isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { FrontEnd, LoadContext, References } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import type { Policy } from '../ir/policy.ts';
import type { Dedup, Rule } from '../ir/rule.ts';
import { simplify } from '../json-rules/compile-condition.ts';
import { readVocabulary } from '../json-rules/vocabulary.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf } from '../sigma/meta.ts';
import { readDecision, reconcile } from './decision.ts';
import { compilePolicy } from './entries.ts';
import { LET_THROUGH } from './let-through.ts';
import { events } from './question.ts';
import { readPolicyMeta, reportUnknown } from './read.ts';

const KEYS = [
  ...['kind', 'schema', 'form', 'id', 'version', 'title', 'description', 'owner', 'mode', 'severity', 'controls', 'tags', 'references'],
  ...['falsepositives', 'scope', 'allow', 'forbid', 'on_missing_context', 'decision', '$schema'],
];

/** One alert per subject and resource within an hour, however often the access is repeated. */
const DEDUP: Dedup = {
  by: ['user.name', 'service.name', 'wardline.access.resource.service', 'wardline.policy.detector'],
  within: 3_600_000_000_000n,
};

/**
 * Zero-trust policies: an access in scope that was let through is a violation if some `forbid` holds or no `allow` does.
 * What cannot be shown is not allowed: a missing field or an unknown fact makes a check of an entry fail.
 */
export const policy: FrontEnd = {
  name: 'policy',
  recognizes: (value: Plain) => isMap(value) && value['kind'] === 'ZeroTrustPolicy',
  read(document, report, load) {
    const map = document.value as PlainMap;
    reportUnknown(map, KEYS, [], report);
    const id = textOf(map['id']);
    if (id === undefined) report.error([], 'policy/id', 'a policy needs an id');
    const form = textOf(map['form']) ?? 'selections';
    if (form !== 'selections' && form !== 'json-rules-engine')
      report.error(['form'], 'policy/form', `form is selections or json-rules-engine, not "${form}"`);
    const mode = textOf(map['mode']) ?? 'alert';
    if (mode === 'proposed')
      report.error(['mode'], 'policy/proposed', 'a proposed policy is not run: review it, then write mode: shadow or mode: alert');
    else if (mode !== 'alert' && mode !== 'shadow') report.error(['mode'], 'policy/mode', `mode is alert or shadow, not "${mode}"`);
    const onMissing = textOf(map['on_missing_context']) ?? 'violation';
    if (onMissing !== 'violation' && onMissing !== 'undecided')
      report.error(['on_missing_context'], 'policy/mode', `on_missing_context is violation or undecided, not "${onMissing}"`);
    if (id === undefined) return [];
    const finish = (references: References, late: ProblemReporter): readonly Rule[] => finishPolicy(id, document, references, late, load);
    return [{ document, names: [id], kind: 'detection', finish }];
  },
};

function finishPolicy(
  id: string,
  document: SourceDocument,
  references: References,
  report: ProblemReporter,
  load: LoadContext,
): readonly Rule[] {
  const map = document.value as PlainMap;
  const { conditions: named, operators, constants, lookups } = readVocabulary(references);
  const meta = readPolicyMeta(map, document.placeOf([]), report);
  const entries = compilePolicy(map, {
    selection: { document, report, load },
    conditions: { report, named, operators, scope: { context: true, windows: false, constants, lookups, lookupsRefused: true } },
    json: map['form'] === 'json-rules-engine',
  });
  if (entries === undefined) return [];
  const compiled: Policy = {
    ...entries,
    version: textOf(map['version']),
    onMissing: map['on_missing_context'] === 'undecided' ? 'undecided' : 'violation',
    mode: map['mode'] === 'shadow' ? 'shadow' : 'alert',
  };
  const expr = mayViolate(compiled);
  const decision = map['decision'] === undefined ? undefined : readDecision(map['decision'], report);
  return [
    ...(decision === undefined || compiled.mode === 'shadow' ? [] : reconcile({ id, meta }, compiled.scope, decision)),
    {
      kind: 'detection',
      id,
      language: 'policy',
      logsource: undefined,
      expr,
      meta,
      dedup: DEDUP,
      alerts: compiled.mode === 'alert',
      logicDigest: logicDigest({ ...compiled, version: null, dedup: DEDUP }),
      policy: compiled,
    },
  ];
}

/** Events that may violate a policy by itself; every violation of all policies together is among those of its own. */
function mayViolate({ scope, allow, forbid }: Policy): Expr {
  const allowed: Expr = {
    op: 'or',
    of: allow.map(({ when, require }) => ({
      op: 'and',
      of: [when, ...require.map(({ ask }) => ask)].map((one) => events(one, 'certain')),
    })),
  };
  const forbidden = forbid.map(({ when }) => events(when, 'possible'));
  return simplify({ op: 'and', of: [scope, LET_THROUGH, { op: 'or', of: [...forbidden, { op: 'not', of: allowed }] }] });
}
