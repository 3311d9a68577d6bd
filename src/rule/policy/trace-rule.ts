import type { Nanos } from '../../event/time.ts';
import { logicDigest } from '../digest.ts';
import { isList, isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { FrontEnd, LoadContext } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import {
  type Condition,
  type Correlation,
  type Detection,
  type GroupField,
  type Rule,
  type RuleId,
  TRACE_RELATIONS,
  type TraceAsk,
} from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from '../sigma/meta.ts';
import { compileSelection } from '../sigma/selection.ts';
import { readDuration } from './decision.ts';
import { readPolicyMeta, reportUnknown } from './read.ts';

const ASKS = ['has', 'lacks', 'missing', 'order', 'services', 'parent_missing', 'errors', 'timeout', 'edge'];
const KEYS = [
  ...[
    'kind',
    'schema',
    'id',
    'title',
    'description',
    'owner',
    'severity',
    'controls',
    'tags',
    'references',
    'falsepositives',
    'scope',
    'spans',
  ],
  ...['match', 'close', 'group_by', 'within', '$schema', ...ASKS],
];
const SECOND: Nanos = 1_000_000_000n;
/** Every span, and every log record that names one. */
const IN_A_TRACE: Expr = { op: 'present', field: 'trace.id' };
const A_SPAN: Expr = { op: 'and', of: [IN_A_TRACE, { op: 'present', field: 'span.id' }, { op: 'present', field: 'span.kind' }] };
/** What links, names and judges spans; carried by every match. */
const SPAN_FIELDS = ['event.duration', 'event.outcome', 'parent.id', 'service.name', 'span.id', 'span.kind'];

/** Questions to whole traces: what must stand above or below a span, what must be there, edges between services. */
export const traceRule: FrontEnd = {
  name: 'trace-rule',
  recognizes: (value: Plain) => isMap(value) && value['kind'] === 'TraceRule',
  read(document, report, load) {
    const map = document.value as PlainMap;
    reportUnknown(map, KEYS, [], report);
    const id = textOf(map['id']);
    if (id === undefined) report.error([], 'policy/id', 'a trace rule needs an id');
    const rules = id === undefined ? [] : compile(id, document, report, load);
    return id === undefined || rules.length === 0 ? [] : [{ document, names: [id], kind: 'correlation', finish: () => rules }];
  },
};

type Build = {
  readonly id: RuleId;
  readonly map: PlainMap;
  readonly report: ProblemReporter;
  member(role: string, expr: Expr): Detection;
  rule(
    id: RuleId,
    members: readonly { readonly id: RuleId; readonly logicDigest: string }[],
    groupBy: readonly GroupField[],
    timespan: Nanos,
    condition: Condition,
    alerts: boolean,
  ): Correlation;
};

function compile(id: RuleId, document: SourceDocument, report: ProblemReporter, load: LoadContext): readonly Rule[] {
  const map = document.value as PlainMap;
  const meta = readPolicyMeta(map, document.placeOf([]), report);
  const scope = map['scope'] === undefined ? undefined : compileSelection(map['scope'], ['scope'], { document, report, load });
  const build: Build = {
    id,
    map,
    report,
    member: (role, expr) => ({
      kind: 'detection',
      id: `${id}/${role}`,
      language: 'policy',
      logsource: undefined,
      expr: scope === undefined ? expr : { op: 'and', of: [scope, expr] },
      meta: { ...meta, title: `${meta.title}: ${role}` },
      dedup: 'each',
      alerts: false,
      logicDigest: logicDigest({ scope: scope ?? null, expr, role }),
    }),
    rule: (own, members, groupBy, timespan, condition, alerts) => ({
      kind: 'correlation',
      id: own,
      members: members.map((one) => one.id),
      groupBy,
      timespan,
      condition,
      options: {},
      generate: false,
      alerts,
      meta,
      logicDigest: logicDigest({ condition, groupBy, timespan, members: members.map((one) => one.logicDigest) }),
    }),
  };
  const asked = ASKS.filter((key) => map[key] !== undefined);
  if (asked.length !== 1) {
    report.error(
      [],
      'policy/trace',
      `a trace rule asks one of ${ASKS.join(', ')}; here ${asked.length === 0 ? 'none is' : `are ${asked.join(', ')}`}`,
    );
    return [];
  }
  if (asked[0] === 'edge') return compileEdge(build);
  const spans = readSpans(build, document, load);
  return spans === undefined ? [] : compileTrace(build, asked[0] as string, spans);
}

function readSpans(
  { map, report, member }: Build,
  document: SourceDocument,
  load: LoadContext,
): ReadonlyMap<string, Detection> | undefined {
  const spans = map['spans'] ?? {};
  if (!isMap(spans)) {
    report.error(['spans'], 'policy/trace', 'spans names selections of spans (or of logs that name a span)');
    return undefined;
  }
  const out = new Map<string, Detection>();
  for (const [name, selection] of Object.entries(spans)) {
    const expr = compileSelection(selection, ['spans', name], { document, report, load });
    if (expr !== undefined) out.set(name, member(name, { op: 'and', of: [IN_A_TRACE, expr] }));
  }
  return out;
}

function compileTrace(build: Build, key: string, spans: ReadonlyMap<string, Detection>): readonly Rule[] {
  const { id, map, report, member, rule } = build;
  const close = isMap(map['close'] ?? {}) ? ((map['close'] ?? {}) as PlainMap) : {};
  reportUnknown(close, ['idle', 'max'], ['close'], report);
  const idle = readDuration(close['idle'], ['close', 'idle'], 30n * SECOND, report);
  const max = readDuration(close['max'], ['close', 'max'], 600n * SECOND, report);
  const ask = readAsk(build, key, spans);
  if (ask === undefined) return [];
  const span = member('span', A_SPAN);
  const inner = rule(
    `${id}/trace`,
    [span, ...spans.values()],
    [{ name: 'trace.id', fields: new Map() }],
    max,
    { kind: 'trace', span: span.id, idle, max, ask, fields: SPAN_FIELDS },
    false,
  );
  const by = map['group_by'] === undefined ? ['service.name'] : textsOf(map['group_by']);
  const within = readDuration(map['within'], ['within'], 3600n * SECOND, report);
  const once: Condition = { kind: 'event_count', thresholds: [{ compare: 'gte', value: 1 }] };
  return [
    span,
    ...spans.values(),
    inner,
    rule(
      id,
      [inner],
      by.map((name) => ({ name, fields: new Map() })),
      within,
      once,
      true,
    ),
  ];
}

function readAsk(build: Build, key: string, spans: ReadonlyMap<string, Detection>): TraceAsk | undefined {
  const { map, report } = build;
  const value = map[key] as Plain;
  const wrong = (message: string): undefined => void report.error([key], 'policy/trace', message);
  const named = (name: Plain | undefined, at: string): RuleId | undefined => {
    const found = spans.get(textOf(name) ?? '');
    if (found === undefined) report.error([at], 'policy/trace', `spans has no "${textOf(name) ?? ''}"`);
    return found?.id;
  };
  switch (key) {
    case 'has':
    case 'lacks': {
      const [relation, ...more] = isMap(value) ? Object.keys(value) : [];
      const known = TRACE_RELATIONS.find((one) => one === relation);
      if (known === undefined || more.length > 0) return wrong(`write one of ${TRACE_RELATIONS.join(', ')} with the name of a span`);
      const name = textOf((value as PlainMap)[known]) ?? '';
      const [match, other] = [named(map['match'], 'match'), named(name, key)];
      return match === undefined || other === undefined
        ? undefined
        : { op: 'relative', match, relation: known, other, name, has: key === 'has' };
    }
    case 'missing': {
      const found = named(value, key);
      return found === undefined ? undefined : { op: 'missing', rule: found, name: textOf(value) ?? '' };
    }
    case 'order': {
      if (!isList(value) || value.length !== 2) return wrong('"order" takes the names of two spans');
      const [first, then] = [named(value[0], key), named(value[1], key)];
      return first === undefined || then === undefined ? undefined : { op: 'order', first, then, name: textsOf(value).join(' before ') };
    }
    case 'services':
    case 'errors': {
      const atLeast = isMap(value) ? value['gte'] : undefined;
      if (typeof atLeast !== 'number' || atLeast < 1) return wrong(`"${key}" takes gte: a number from 1`);
      if (key === 'services') return { op: 'services', atLeast };
      const of = (value as PlainMap)['of'];
      const match = of === undefined ? undefined : named(of, key);
      return of !== undefined && match === undefined ? undefined : { op: 'errors', atLeast, match };
    }
    case 'timeout':
      return { op: 'timeout', after: readDuration(value, [key], 60n * SECOND, report) };
    default:
      return value === true ? { op: 'parent_missing' } : wrong('"parent_missing" takes true');
  }
}

/** An edge is a pair of spans in the group of their link; edges are new, or not among those that are known. */
function compileEdge({ id, map, report, member, rule }: Build): readonly Rule[] {
  const edge = map['edge'] as Plain;
  if (!isMap(edge)) {
    report.error(['edge'], 'policy/trace', 'edge is a map of known (pairs of services), or of learn and forget');
    return [];
  }
  reportUnknown(edge, ['known', 'learn', 'forget'], ['edge'], report);
  const kinds = (...texts: readonly string[]): Expr => ({
    op: 'or',
    of: texts.map((text) => ({ op: 'text', field: 'span.kind', pattern: [text], cased: false })),
  });
  const linked = { join: { role: 'span', keys: [], revisions: undefined } } as const;
  const client = { ...member('client', { op: 'and', of: [A_SPAN, kinds('client', 'producer')] }), ...linked };
  const server = { ...member('server', { op: 'and', of: [A_SPAN, kinds('server', 'consumer')] }), ...linked };
  const known = readKnown(edge['known'], report);
  const link: GroupField = { name: 'wardline.join', fields: new Map() };
  const pair = rule(
    `${id}/edge`,
    [client, server],
    [{ name: 'trace.id', fields: new Map() }, link],
    600n * SECOND,
    { kind: 'service_edge', client: client.id, server: server.id, known, fields: ['service.name'] },
    false,
  );
  const byEdge: GroupField = { name: 'wardline.edge.id', fields: new Map() };
  const within = readDuration(map['within'], ['within'], 3600n * SECOND, report);
  if (edge['learn'] === undefined) {
    const once: Condition = { kind: 'event_count', thresholds: [{ compare: 'gte', value: 1 }] };
    return [client, server, pair, rule(id, [pair], [byEdge], within, once, true)];
  }
  const fresh: Condition = {
    kind: 'new_value',
    fields: ['wardline.edge.id'],
    learn: readDuration(edge['learn'], ['edge', 'learn'], 0n, report),
    forget: readDuration(edge['forget'], ['edge', 'forget'], 90n * 86_400n * SECOND, report),
    newGroup: 'learn',
  };
  return [client, server, pair, rule(id, [pair], [], within, fresh, true)];
}

function readKnown(value: Plain | undefined, report: ProblemReporter): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  const pairs = isList(value) ? value.map((pair) => textsOf(pair)) : [];
  if (isList(value) && pairs.every((pair) => pair.length === 2))
    return pairs.map(([caller = '', callee = '']) => [caller, callee] as const);
  report.error(['edge', 'known'], 'policy/trace', 'known is a list of pairs such as [web, orders]');
  return [];
}
