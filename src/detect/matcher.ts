import type { Event, Route } from '../event/event.ts';
import type { Detection } from '../rule/ir/rule.ts';
import { fold } from '../shared/fold.ts';
import type { JsonObject } from '../shared/json.ts';
import type { ByteLine } from './bytes/byte-line.ts';
import { createCandidates } from './candidates.ts';
import { compileGroup, type Group, SAMPLES, textIndexes } from './group.ts';
import type { MatchBuffer } from './match-buffer.ts';

export { createMatchBuffer, type MatchBuffer } from './match-buffer.ts';

/** Every detection against one event: synchronous, and without allocation for events that match nothing. */
export interface Matcher {
  readonly detections: readonly Detection[];
  /** Adds the indexes of the detections that hold; the caller resets the buffer. */
  match(event: Event, found: MatchBuffer): void;
}

/**
 * Finds the rules of an event by what it contains: the rules of its route are compiled together, the literals of each
 * field are looked for once, and only rules that a literal brought up, or that have none, are evaluated.
 */
export function createMatcher(detections: readonly Detection[]): Matcher {
  const groupOf = createGroups(detections);
  const candidates = createCandidates();
  return {
    detections,
    match({ route, document }, found) {
      const group = groupOf(route);
      if (group.rules.length === 0) return;
      if (group.samples !== undefined) sample(group, document, 'text');
      const { fields, keywords } = textIndexes(group.plan);
      const { view } = group;
      view.begin(document);
      candidates.begin(group);
      for (let k = 0; k < fields.length; k++) {
        const { slot, index } = fields[k] as (typeof fields)[number];
        const text = view.low(slot);
        if (text === undefined) continue;
        if (typeof text === 'string') index.scan(text, candidates.fire);
        else for (let j = 0; j < text.length; j++) index.scan(text[j] as string, candidates.fire);
      }
      if (keywords !== undefined) keywords.scan(view.joinedKeywords(), candidates.fire);
      candidates.verify(group, view, found);
    },
  };
}

/** The group of each route, compiled on first sight; routes that rules cannot tell apart have one (`Security`, `security`). */
export function createGroups(detections: readonly Detection[], line?: ByteLine): (route: Route) => Group {
  const groups: Group[] = [];
  const routes: Route[] = [];
  const byKey = new Map<string, Group>();
  return (route) => {
    const known = groups[route.id];
    if (known !== undefined && routes[route.id] === route) return known;
    const key = keyOf(route);
    let group = byKey.get(key);
    if (group === undefined) byKey.set(key, (group = compileGroup(detections, route, line)));
    groups[route.id] = group;
    routes[route.id] = route;
    return group;
  };
}

/** What a group is compiled of; letter case of a known text decides nothing (`foldKnown`). */
function keyOf({ format, labels, known, everyLogsource }: Route): string {
  const constants = [...known].map(([field, value]) => [field, typeof value === 'string' ? fold(value) : value]);
  return JSON.stringify([format, everyLogsource === true, labels, constants]);
}

/** Keeps an event; once there are enough, anchors are chosen again by how often they are met. */
export function sample(group: Group, document: JsonObject, form: 'text' | 'bytes'): void {
  if (group.samples === undefined) return;
  group.samples.push(document);
  if (group.samples.length < SAMPLES) return;
  group.plan = group.replan(group.samples, form);
  group.samples = undefined;
}
