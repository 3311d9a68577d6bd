import type { Event } from '../../event/event.ts';
import { isoTime, type Nanos } from '../../event/time.ts';
import type { ContextTables } from '../../rule/ir/context.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import type { ContextReader } from './context.ts';

export type LearnOptions = {
  readonly contexts: ContextTables;
  readonly context: ContextReader;
  /** Values seen on fewer days are left out. */
  readonly minDays: number;
  readonly minAccesses: number;
  /** Subjects that are not learned from, such as those with open alerts. */
  readonly excluded: ReadonlySet<string>;
};

export type Support = { readonly accesses: number; readonly days: number; readonly subjects: number };
export type ProposedEntry = { readonly id: string; readonly when: JsonObject; readonly require: JsonObject; readonly support: Support };
export type Proposal = { readonly service: string; readonly from: string; readonly to: string; readonly entries: readonly ProposedEntry[] };

export type Learner = {
  allowed(event: Event): void;
  refused(): void;
  proposals(): readonly Proposal[];
  counts(): { readonly accesses: number; readonly refused: number; readonly left: { readonly excluded: number; readonly rare: number } };
};

/** A group stands for its members once this many of it are there and this share of them was seen. */
const GROUP_MEMBERS = 5;
const GROUP_SHARE = 0.8;
const DAY: Nanos = 86_400_000_000_000n;

export const SUBJECT_FIELDS = ['wardline.access.subject.spiffe', 'user.name', 'user.id', 'service.name'] as const;

type Subject = { readonly field: string; readonly value: string; accesses: number; readonly days: Set<bigint> };
/** Accesses to one service with one action. */
type Flow = {
  readonly service: string;
  readonly action: string;
  readonly subjects: Map<string, Subject>;
  readonly habits: Map<string, Habit>;
};
/** What every access of a flow had in common so far; a value of another kind, or none, ends the habit. */
type Habit = { readonly values: Set<string>; missing: boolean };

/** Learns from accesses that were let through: who reaches what, and what all of them had in common. */
export function createLearner(options: LearnOptions): Learner {
  const flows = new Map<string, Flow>();
  const left = { excluded: 0, rare: 0 };
  let [accesses, refused] = [0, 0];
  let [first, last]: [Nanos | undefined, Nanos | undefined] = [undefined, undefined];
  return {
    allowed(event) {
      const service = textOf(event, 'wardline.access.resource.service');
      const action = textOf(event, 'wardline.access.action');
      const field = SUBJECT_FIELDS.find((name) => textOf(event, name) !== undefined);
      if (service === undefined || action === undefined || field === undefined) return;
      const value = textOf(event, field) as string;
      if (options.excluded.has(value)) {
        left.excluded++;
        return;
      }
      accesses++;
      if (first === undefined || event.time < first) first = event.time;
      if (last === undefined || event.time > last) last = event.time;
      const flow = entry(flows, `${service}\u0000${action}`, () => ({ service, action, subjects: new Map(), habits: new Map() }));
      const subject = entry(flow.subjects, `${field}\u0000${value}`, () => ({ field, value, accesses: 0, days: new Set() }));
      subject.accesses++;
      subject.days.add(event.time / DAY);
      for (const [name, seen] of habitsOf(event, options.context)) {
        const habit = entry(flow.habits, name, () => ({ values: new Set(), missing: false }));
        if (seen === undefined) habit.missing = true;
        else habit.values.add(seen);
      }
    },
    refused: () => void refused++,
    proposals() {
      const byService = Map.groupBy(flows.values(), ({ service }) => service);
      left.rare = 0;
      return [...byService]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([service, same]) => {
          const entries = same.flatMap((flow) => proposeEntries(flow, options, left));
          return entries.length === 0 ? [] : [{ service, from: isoTime(first ?? 0n), to: isoTime(last ?? 0n), entries }];
        });
    },
    counts: () => ({ accesses, refused, left }),
  };
}

function textOf(event: Event, name: string): string | undefined {
  const value = event.field(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** What an access shows that a check could ask for. */
function habitsOf(event: Event, context: ContextReader): readonly (readonly [string, string | undefined])[] {
  const zone = context.value({ kind: 'context', store: 'zone', params: { of: 'source.ip' }, keys: ['id'] }, event);
  const managed = context.value({ kind: 'context', store: 'device', params: {}, keys: ['managed'] }, event);
  const plain = (value: JsonValue | undefined): string | undefined => (value === undefined || value === null ? undefined : String(value));
  return [
    ['mtls', plain(event.field('wardline.access.mtls'))],
    ['tls_min', plain(event.field('tls.version'))],
    ['spiffe_proof', textOf(event, 'wardline.access.subject.spiffe_proof')],
    ['mfa', textOf(event, 'wardline.access.auth.strength')],
    ['via', textOf(event, 'wardline.access.via')],
    ['zone', plain(zone)],
    ['managed', plain(managed)],
  ];
}

function proposeEntries(flow: Flow, options: LearnOptions, left: { rare: number }): readonly ProposedEntry[] {
  const steady = [...flow.subjects.values()].filter(({ days, accesses }) => {
    const enough = days.size >= options.minDays && accesses >= options.minAccesses;
    if (!enough) left.rare += accesses;
    return enough;
  });
  const byField = Map.groupBy(steady, ({ field }) => field);
  return [...byField].flatMap(([field, subjects]) => {
    const { groups, rest } = field === 'user.name' || field === 'user.id' ? generalise(subjects, options) : { groups: [], rest: subjects };
    const require = requirementsOf(flow.habits);
    const made = groups.map(({ group, members }) => ({
      id: `${slug(flow.action)}-group-${slug(group)}`,
      when: { 'wardline.access.action': flow.action },
      require: { group: [group], ...require },
      support: supportOf(members),
    }));
    if (rest.length === 0) return made;
    const named = {
      id: `${slug(flow.action)}-${slug(field.split('.').at(-1) as string)}`,
      when: { 'wardline.access.action': flow.action, [field]: rest.map(({ value }) => value).sort() },
      require,
      support: supportOf(rest),
    };
    return [...made, named];
  });
}

/** Subjects that are most of a known group are proposed as the group. */
function generalise(subjects: readonly Subject[], { contexts }: LearnOptions) {
  const members = new Map<string, Set<string>>();
  for (const { key, data } of contexts.get('identity')?.records ?? []) {
    const groups = Array.isArray(data['groups']) ? (data['groups'] as readonly JsonValue[]) : [];
    for (const group of groups) if (typeof group === 'string') entry(members, group, () => new Set<string>()).add(key);
  }
  let rest = [...subjects];
  const groups: { group: string; members: readonly Subject[] }[] = [];
  for (const [group, keys] of [...members].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const inside = rest.filter(({ value }) => keys.has(value));
    if (keys.size < GROUP_MEMBERS || inside.length / keys.size < GROUP_SHARE) continue;
    groups.push({ group, members: inside });
    rest = rest.filter((subject) => !inside.includes(subject));
  }
  return { groups, rest };
}

const STRENGTHS = ['none', 'single', 'otp-push', 'phishing-resistant'];

/** Checks that every access of a flow passed. */
function requirementsOf(habits: ReadonlyMap<string, Habit>): JsonObject {
  const always = (name: string): readonly string[] | undefined => {
    const habit = habits.get(name);
    return habit === undefined || habit.missing ? undefined : [...habit.values].sort();
  };
  const [mtls, tls, proof, mfa, via, zone, managed] = ['mtls', 'tls_min', 'spiffe_proof', 'mfa', 'via', 'zone', 'managed'].map(always);
  const weakest = mfa?.map((one) => STRENGTHS.indexOf(one)).reduce((least, one) => Math.min(least, one), STRENGTHS.length) ?? -1;
  const versions = tls?.map(Number).filter((version) => version >= 1 && version < 2) ?? [];
  return {
    ...(mtls?.length === 1 && mtls[0] === 'true' ? { mtls: true } : {}),
    ...(versions.length > 0 && versions.length === tls?.length ? { tls_min: String(Math.min(...versions)) } : {}),
    ...(proof?.length === 1 && proof[0] === 'proven' ? { spiffe_proof: 'proven' } : {}),
    ...(weakest >= 1 ? { mfa: { strength: STRENGTHS[weakest] as string } } : {}),
    ...(via !== undefined && via.length <= 3 ? { via } : {}),
    ...(zone !== undefined && zone.length <= 5 ? { zone } : {}),
    ...(managed?.length === 1 && managed[0] === 'true' ? { device: { managed: true } } : {}),
  };
}

function supportOf(subjects: readonly Subject[]): Support {
  const days = new Set(subjects.flatMap((subject) => [...subject.days]));
  return { accesses: subjects.reduce((sum, { accesses }) => sum + accesses, 0), days: days.size, subjects: subjects.length };
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'any';
