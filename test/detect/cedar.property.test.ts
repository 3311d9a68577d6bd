import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { createPolicyJudge } from '../../src/detect/policy/confirm.ts';
import { loadRules } from '../../src/rule/load.ts';
import { STRENGTHS } from '../../src/rule/policy/checks.ts';
import { eventsOf } from '../support/an-event.ts';

/** Requests judged in all; `WARDLINE_CEDAR_REQUESTS=1000000` for a long run. */
const REQUESTS = Number(process.env['WARDLINE_CEDAR_REQUESTS'] ?? 1600);
const PER_POLICY = 40;

const USERS = ['alice', 'bob', 'carol'];
const ACTIONS = ['read', 'write', 'admin'];
type When = { readonly users?: readonly string[]; readonly actions?: readonly string[]; readonly interactive?: boolean };
type Allow = { readonly when: When; readonly mtls: boolean; readonly strength?: (typeof STRENGTHS)[number] };
type Request = {
  readonly user: string;
  readonly action: string;
  readonly mtls?: boolean;
  readonly strength?: string;
  readonly interactive?: boolean;
};

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const given = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
const allow: fc.Arbitrary<Allow> = fc
  .record({
    when: fc.record({ users: maybe(some(USERS)), actions: some(ACTIONS) }),
    mtls: fc.boolean(),
    strength: maybe(fc.constantFrom(...STRENGTHS)),
  })
  .map(({ when, ...rest }) => given({ ...rest, when: given(when) }) as Allow);
const forbid: fc.Arbitrary<When> = fc
  .record({ users: maybe(some(USERS)), actions: maybe(some(ACTIONS)), interactive: maybe(fc.boolean()) })
  .map((when) => given(when) as When)
  .filter((when) => Object.keys(when).length > 0);
const policies = fc.record({ allow: fc.array(allow, { minLength: 1, maxLength: 3 }), forbid: fc.array(forbid, { maxLength: 2 }) });
const request: fc.Arbitrary<Request> = fc
  .record({
    user: fc.constantFrom(...USERS),
    action: fc.constantFrom(...ACTIONS),
    mtls: maybe(fc.boolean()),
    strength: maybe(fc.constantFrom(...STRENGTHS)),
    interactive: maybe(fc.boolean()),
  })
  .map((one) => given(one) as Request);

/** The policy as Wardline's file has it. */
function asFile({ allow: allows, forbid: forbids }: { readonly allow: readonly Allow[]; readonly forbid: readonly When[] }): string {
  const selection = ({ users, actions, interactive }: When): object =>
    given({ 'user.name': users, 'wardline.access.action': actions, 'wardline.access.interactive': interactive });
  return JSON.stringify({
    kind: 'ZeroTrustPolicy',
    schema: 1,
    id: 'p',
    title: 'p',
    owner: 'o',
    severity: 'low',
    scope: { 'wardline.access.resource.service': 'orders' },
    allow: allows.map(({ when, mtls, strength }, n) => {
      const require = given({ mtls: mtls || undefined, mfa: strength === undefined ? undefined : { strength } });
      return { id: `a${n}`, when: selection(when), ...(Object.keys(require).length === 0 ? {} : { require }) };
    }),
    ...(forbids.length === 0 ? {} : { forbid: forbids.map((when, n) => ({ id: `f${n}`, when: selection(when) })) }),
  });
}

/**
 * The same in Cedar. What is absent proves nothing there either: an allow asks whether it is there, and a forbid holds
 * where it cannot be told that it does not.
 */
function asCedar({ allow: allows, forbid: forbids }: { readonly allow: readonly Allow[]; readonly forbid: readonly When[] }): string {
  const among = (name: string, values: readonly string[] | undefined): string[] =>
    values === undefined ? [] : [`(${values.map((value) => `${name} == ${JSON.stringify(value)}`).join(' || ')})`];
  const plain = ({ users, actions }: When): string[] => [...among('context.user', users), ...among('context.action', actions)];
  const permits = allows.map(({ when, mtls, strength }) => {
    const asked = [
      ...plain(when),
      ...(mtls ? ['context has mtls && context.mtls'] : []),
      ...(strength === undefined
        ? []
        : [`context has strength && ${among('context.strength', STRENGTHS.slice(STRENGTHS.indexOf(strength)))[0]}`]),
    ];
    return `permit(principal, action, resource) when { ${asked.join(' && ')} };`;
  });
  const denies = forbids.map((when) => {
    const asked = [
      ...plain(when),
      ...(when.interactive === undefined ? [] : [`(!(context has interactive) || context.interactive == ${when.interactive})`]),
    ];
    return `forbid(principal, action, resource) when { ${asked.join(' && ')} };`;
  });
  return [...permits, ...denies].join('\n');
}

function cedarAllows(one: Request): boolean {
  const uid = (type: string) => ({ type, id: 'x' });
  const answer = statefulIsAuthorized({
    principal: uid('U'),
    action: uid('A'),
    resource: uid('R'),
    context: { ...one },
    preparsedPolicySetId: 'p',
    entities: [],
  });
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0) throw new Error(JSON.stringify(answer));
  return answer.response.decision === 'allow';
}

const lineOf = ({ user, action, mtls, strength, interactive }: Request): string =>
  JSON.stringify({
    '@timestamp': '2026-11-20T08:00:00Z',
    ecs: { version: '9.4.0' },
    event: { type: ['allowed'] },
    user: { name: user },
    wardline: {
      access: given({
        action,
        mtls,
        interactive,
        resource: { service: 'orders' },
        auth: strength === undefined ? undefined : { strength },
      }),
    },
  });

test('policies decide as Cedar does, what is absent included; the compiled rule alerts exactly where Cedar would not allow', () => {
  let judged = 0;
  let allowed = 0;
  fc.assert(
    fc.property(policies, fc.array(request, { minLength: PER_POLICY, maxLength: PER_POLICY }), (policy, requests) => {
      const { ruleset, problems } = loadRules([{ path: 'p.json', text: asFile(policy) }]);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const parsed = preparsePolicySet('p', { staticPolicies: asCedar(policy) });
      if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
      const judge = createPolicyJudge(ruleset);
      const matcher = createMatcher(ruleset.detections);
      const found = createMatchBuffer();
      for (const one of requests) {
        const [event] = eventsOf(lineOf(one), {});
        if (event === undefined) throw new Error('no event');
        const wanted = cedarAllows(one);
        found.count = 0;
        matcher.match(event, found);
        expect({ one, allows: judge.judge(event)?.verdict === 'allow', alerts: found.count > 0 }).toEqual({
          one,
          allows: wanted,
          alerts: !wanted,
        });
        judged++;
        if (wanted) allowed++;
      }
    }),
    { numRuns: Math.ceil(REQUESTS / PER_POLICY) },
  );
  expect(judged).toBeGreaterThanOrEqual(REQUESTS);
  // Both answers are given often enough to mean something.
  expect(Math.min(allowed, judged - allowed)).toBeGreaterThan(judged / 20);
});
