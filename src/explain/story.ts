import { settingsSchema } from '../config/settings.ts';
import type { Note } from '../correlate/correlator.ts';
import { compareHits, type Firing, type Group, type Hit } from '../correlate/firing.ts';
import { createLatenesses } from '../correlate/lateness.ts';
import { feedsOf, groupsOf } from '../correlate/plans.ts';
import { createRouter } from '../correlate/route.ts';
import type { Match } from '../detect/match.ts';
import type { Origin, RawRecord } from '../event/raw-record.ts';
import type { Nanos } from '../event/time.ts';
import type { ExceptedMatch } from '../evidence/observation.ts';
import type { Normalizer } from '../normalize/normalizer.ts';
import { partsOf } from '../pipeline/parts.ts';
import type { Correlation, RuleId } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import { closureOf } from './closure.ts';
import { type NearMiss, nearMiss } from './near-miss.ts';

/** A match that an exception kept from the rule. */
export type HiddenHit = { readonly hit: Hit; readonly exception: string };

/** One group of a rule: whether it fired, and if not how near it came. */
export type GroupStory = {
  readonly group: Group;
  readonly hits: readonly Hit[];
  readonly fired: readonly Firing[];
  readonly undecided: readonly Extract<Note, { readonly kind: 'undecided' }>[];
  readonly hidden: readonly HiddenHit[];
  /** Matches that came too late for a rule that decides once. */
  readonly late: readonly Hit[];
  readonly miss: NearMiss | undefined;
};

export type Story = {
  /** Beyond it matches were left out as late, in nanoseconds. */
  readonly allowedLateness: Nanos;
  readonly records: number;
  readonly matches: number;
  readonly ungrouped: number;
  readonly unvalued: number;
  readonly groups: readonly GroupStory[];
};

/** How late a record may come where nobody says. */
const LATENESS = 7n * 86_400_000_000_000n;

/** Takes records and says, at their end, what a stateful rule made of each of its groups, and of those it did not hold for how near it came. */
export function createStory(ruleset: Ruleset, rule: Correlation, allowedLateness: Nanos = LATENESS) {
  const own = closureOf(ruleset, rule.id);
  const settings = settingsSchema.parse({ sources: [{ kind: 'stdin', name: 'input' }] });
  const parts = partsOf(own, settings);
  const bare = partsOf({ ...own, exceptions: [] }, settings);
  const correlator = parts.correlator(undefined);
  const router = createRouter(own);
  const latenesses = createLatenesses(allowedLateness);
  const bareLatenesses = createLatenesses(allowedLateness);
  const groups = new Map<
    string,
    { group: Group; hits: Hit[]; fired: Firing[]; undecided: GroupStory['undecided'][number][]; hidden: HiddenHit[]; late: Hit[] }
  >();
  const counts = { records: 0, matches: 0, ungrouped: 0, unvalued: 0 };
  const at = (group: Group) => {
    let known = groups.get(group.key);
    if (known === undefined) groups.set(group.key, (known = { group, hits: [], fired: [], undecided: [], hidden: [], late: [] }));
    return known;
  };
  const say = (note: Note): void => {
    if (note.kind === 'undecided' && note.rule === rule.id) at(note.group).undecided.push(note);
  };
  /** What inner rules say are hits of the outer one. */
  const feeds = feedsOf(own);
  const settled = [...feeds.values()].some((list) => list.some(({ plan }) => plan.rule === rule.id && plan.kind.settled));
  const chained = ({ rule: member, stage, time, group, hits }: Firing): void => {
    if (stage !== 'opened') return;
    const last = hits.at(-1);
    if (last === undefined) return;
    const hit: Hit = { ...last, time, rule: member, values: { ...last.values, ...last.entities, ...group.values } };
    for (const feed of (feeds.get(member) ?? []).filter(({ plan }) => plan.rule === rule.id))
      for (const outer of groupsOf(feed, hit.values, {})) at(outer).hits.push(hit);
  };
  const take = (fired: readonly Firing[]): void => {
    for (const firing of fired) {
      if (firing.rule === rule.id) at(firing.group).fired.push(firing);
      else chained(firing);
    }
  };
  const routed = (match: Match): readonly { readonly group: Group; readonly hit: Hit; readonly late: boolean }[] => {
    const { routed: found, ungrouped, unvalued } = router.route(match);
    if (ungrouped.includes(rule.id)) counts.ungrouped++;
    if (unvalued.includes(rule.id)) counts.unvalued++;
    return found.filter((one) => one.rule === rule.id);
  };
  return {
    take(records: readonly RawRecord[], normalizer: Normalizer): void {
      const [first] = records;
      if (first === undefined) return;
      const { source, partition } = first;
      const { matches, excepted } = parts.ingest(records, normalizer, latenesses.of(source, partition));
      counts.records += records.length;
      counts.matches += matches.length;
      for (const match of matches) {
        for (const { group, hit, late } of routed(match)) (late && settled ? at(group).late : at(group).hits).push(hit);
        take(correlator.apply({ kind: 'match', match }, say));
      }
      const suppressed = excepted.filter(({ effect }) => effect === 'suppress');
      if (suppressed.length === 0) return;
      for (const match of bare.ingest(records, normalizer, bareLatenesses.of(source, partition)).matches) {
        const by = suppressed.find((one) => one.detection === match.rule && sameOrigin(one, match.origin));
        if (by !== undefined) for (const { group, hit } of routed(match)) at(group).hidden.push({ hit, exception: by.exception });
      }
    },
    end(): Story {
      take(correlator.apply({ kind: 'end', newest: latenesses.newest() }, say));
      const nameOf = (id: RuleId): string => own.byId.get(id)?.meta.name ?? id;
      const told = [...groups.values()].map((one): GroupStory => {
        const hits = [...one.hits].sort(compareHits);
        const opened = one.fired.some(({ stage }) => stage === 'opened');
        return { ...one, hits, miss: opened ? undefined : nearMiss(rule, hits, nameOf, latenesses.newest()) };
      });
      return { ...counts, allowedLateness, groups: told.sort(byNearness) };
    },
  };
}

const sameOrigin = ({ origin: a }: ExceptedMatch, b: Origin): boolean =>
  a.source === b.source && a.partition === b.partition && a.offset === b.offset && a.index === b.index;

/** Groups that fired, then those that came nearest. */
function byNearness(a: GroupStory, b: GroupStory): number {
  if (a.fired.length > 0 !== b.fired.length > 0) return a.fired.length > 0 ? -1 : 1;
  const missing = ({ miss }: GroupStory): number => miss?.missing ?? Number.MAX_SAFE_INTEGER;
  return missing(a) - missing(b) || b.hits.length - a.hits.length;
}
