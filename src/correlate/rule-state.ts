import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import { type Calendar, createCalendar } from './calendar.ts';
import { type Census, type CensusState, createCensus } from './census.ts';
import type { Firing, Group, Hit } from './firing.ts';
import { addHit, cap, dueOf, type GroupState, isOpen, newGroup, prune, type Say, settle } from './group.ts';
import { type Budget, createGroupStore, type GroupStore, type StoredGroups } from './group-store.ts';
import { MAX_TIME } from './hits.ts';
import type { Passage } from './kind.ts';
import type { HitPacker } from './packed-hit.ts';
import type { Plan } from './plans.ts';
import { dueAtRest, hitsOf, isAwake, isOver, wakened } from './resting.ts';
import { hashKeyOf } from './sketches/keyed-hash.ts';

/** What a rule has done since its state began. */
export type RuleCounters = {
  evicted: number;
  evictedAdvanced: number;
  dropped: number;
  /** Matches that came too late for a rule that decides once, and late ones that were still taken. */
  late: number;
  lateTaken: number;
  /** Matches that lack a field of the group key. */
  ungrouped: number;
  /** Matches without a value in what the rule compares. */
  unvalued: number;
  /** Values that the bounded state of groups let go or did not take, and of these the ones not told of yet. */
  values: number;
  untold: number;
  /** Times that a member was not counted with what it shares, because so many were. */
  members: number;
  /** Values and members that went into a sketch, because more were there than are told apart. */
  estimated: number;
};

export type StoredRule = {
  readonly rule: RuleId;
  readonly logic: string;
  readonly groups: StoredGroups;
  readonly counters: RuleCounters;
  readonly pressure: Nanos | undefined;
  /** When it was last told that values were let go. */
  readonly bounded: Nanos | undefined;
  readonly census?: CensusState;
};

/** One rule with all its groups. */
export type RuleState = {
  readonly plan: Plan;
  readonly counters: RuleCounters;
  insert(group: Group, hit: Hit, say: Say): readonly Firing[];
  /** Everything that is due before the watermark; `release` gets the starts of episodes that other rules wait for. */
  advance(passage: Passage, say: Say, release: (hit: Hit) => void): readonly Firing[];
  /** Groups with a window that later matches could still change, now that the watermark of the rule is here. */
  open(watermark: Nanos): number;
  /** The watermark this rule may decide by when the joint one is `to`. */
  own(to: Nanos): Nanos;
  readonly groups: GroupStore;
  snapshot(): StoredRule;
};

export type RuleOptions = Budget & {
  readonly maxHits: number;
  /** Of the sketches of all groups of a rule; default 64 MiB. */
  readonly maxSketchBytes?: number;
};

const MAX_SKETCH_BYTES = 64 * 1024 * 1024;

export function createRuleState(plan: Plan, logic: string, options: RuleOptions, packer: HitPacker, stored?: StoredRule): RuleState {
  const groups = createGroupStore({ ...options, maxGroups: plan.maxGroups ?? options.maxGroups }, plan, packer, stored?.groups);
  const calendar: Calendar = createCalendar();
  const counters: RuleCounters = {
    evicted: 0,
    evictedAdvanced: 0,
    dropped: 0,
    late: 0,
    lateTaken: 0,
    ungrouped: 0,
    unvalued: 0,
    values: 0,
    untold: 0,
    members: 0,
    estimated: 0,
    ...stored?.counters,
  };
  let pressure = stored?.pressure;
  let bounded = stored?.bounded;
  const counted = plan.kind.census;
  const census: Census | undefined = counted === undefined ? undefined : createCensus(counted.span, hashKeyOf(logic), stored?.census);

  const sketchBytes = ({ own }: GroupState): number => plan.kind.sketchBytes?.(own) ?? 0;
  let sketches = 0;
  if (plan.kind.sketchBytes !== undefined) for (const [, entry] of groups.entries()) if (isAwake(entry)) sketches += sketchBytes(entry);
  const room = (bytes: number): boolean => {
    if (sketches + bytes > (options.maxSketchBytes ?? MAX_SKETCH_BYTES)) return false;
    sketches += bytes;
    return true;
  };
  const ownBytes = ({ own }: GroupState): number => plan.kind.ownBytes?.(own) ?? 0;
  /** Takes what the sketches of a group have become in place of what they asked for, and counts what its state has become. */
  const weighed = <T>(state: GroupState, work: () => T): T => {
    if (plan.kind.sketchBytes === undefined && plan.kind.ownBytes === undefined) return work();
    const [before, own] = [sketchBytes(state), ownBytes(state)];
    const others = sketches - before;
    const result = work();
    const after = sketchBytes(state);
    sketches = others + after;
    state.bytes += after - before + ownBytes(state) - own;
    return result;
  };

  const schedule = (state: GroupState): void => {
    const due = dueOf(state, plan);
    if (due === undefined || state.wake === due) return;
    // Where the instant moved away (a trace that goes on) the old one will do, as the group is then asked again; but of one
    // at rest nothing remembers the old one.
    if (state.wake !== undefined && state.wake < due && (plan.kind.rests === undefined || state.episodes.length > 0)) return;
    state.wake = due;
    calendar.add(state.group.key, due);
  };
  for (const [key, entry] of groups.entries()) {
    if (isAwake(entry)) {
      entry.wake = undefined;
      schedule(entry);
    } else {
      const due = dueAtRest(key, entry, plan, packer);
      if (due !== undefined) calendar.add(key, due);
    }
  }
  const dueOfKey = (key: string): Nanos | undefined => {
    const entry = groups.peek(key);
    if (entry === undefined) return undefined;
    return isAwake(entry) ? entry.wake : dueAtRest(key, entry, plan, packer);
  };

  const makeRoom = (keep: string, time: Nanos, say: Say): void => {
    const gone = groups.shrink(keep);
    if (gone.length === 0) return;
    counters.evicted += gone.length;
    for (const entry of gone) {
      if (isAwake(entry)) sketches -= sketchBytes(entry);
      if (hitsOf(entry) > 1 || (isAwake(entry) && entry.episodes.length > 0)) counters.evictedAdvanced++;
    }
    if (pressure !== undefined && time < pressure + plan.timespan && time > pressure - plan.timespan) return;
    pressure = time;
    say({ kind: 'pressure', rule: plan.rule, time, evicted: counters.evicted });
  };

  const letGo = (count: number, time: Nanos, say: Say): void => {
    if (count === 0) return;
    counters.values += count;
    counters.untold += count;
    if (bounded !== undefined && time < bounded + plan.timespan && time > bounded - plan.timespan) return;
    bounded = time;
    say({ kind: 'bounded', rule: plan.rule, time, dropped: counters.untold, window: { start: time, end: time + plan.timespan } });
    counters.untold = 0;
  };

  return {
    plan,
    counters,
    groups,
    insert(group, hit, say) {
      const known = groups.take(group.key, group);
      const state = known ?? newGroup(group, plan);
      if (counted !== undefined)
        for (const [key, member] of counted.of(hit, group)) {
          const noted = census?.note(key, member, hit.time);
          if (noted === 'left out') counters.members++;
          else if (noted === 'estimated') counters.estimated++;
        }
      const progress = known !== undefined && known.hits.at(-1)?.time !== hit.time;
      const firings = addHit(state, plan, plan.kind.rests === undefined ? hit : packer.keep(hit), say);
      counters.dropped += cap(state, plan, Math.min(options.maxHits, plan.kind.maxHits ?? options.maxHits));
      schedule(state);
      groups.put(state, progress);
      makeRoom(group.key, hit.time, say);
      return firings;
    },
    advance(passage, say, release) {
      const out: Firing[] = [];
      const own: Passage = {
        ...passage,
        ...(census === undefined ? {} : { census }),
        dropped: (count, time) => letGo(count, time, say),
        estimated: (count) => void (counters.estimated += count),
        room,
      };
      for (const key of calendar.take(passage.watermark, dueOfKey)) {
        const entry = groups.peek(key);
        if (entry === undefined) continue;
        const due = isAwake(entry) ? entry.wake : dueAtRest(key, entry, plan, packer);
        if (due === undefined || due >= passage.watermark) continue;
        if (!isAwake(entry) && isOver(entry, plan, passage.watermark)) {
          groups.delete(key);
          continue;
        }
        const state = groups.take(key) as GroupState;
        state.wake = undefined;
        const fired = weighed(state, () => settle(state, plan, own, say, release));
        for (const firing of fired) out.push(firing);
        if (prune(state, plan, passage.watermark)) groups.drop(state);
        else {
          schedule(state);
          groups.put(state);
        }
      }
      census?.forget(passage.watermark);
      return out;
    },
    open(watermark) {
      let count = 0;
      for (const [key, entry] of groups.entries())
        if (isOpen(isAwake(entry) ? entry : wakened(key, entry, plan, packer), plan, watermark)) count++;
      return count;
    },
    own: (to) => (to === MAX_TIME ? to : to - plan.lag),
    snapshot: () => ({
      rule: plan.rule,
      logic,
      groups: groups.snapshot(),
      counters: { ...counters },
      pressure,
      bounded,
      ...(census === undefined ? {} : { census: census.snapshot() }),
    }),
  };
}
