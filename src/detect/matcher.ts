import { createAccessor } from '../event/accessor.ts';
import type { Event, Route, RouteLabel } from '../event/event.ts';
import type { FieldSource } from '../event/field-source.ts';
import type { Detection } from '../rule/ir/rule.ts';
import { addMatch, type MatchBuffer } from './match-buffer.ts';
import { compileProgram, type Program } from './program.ts';
import { foldKnown, labelFor } from './routing.ts';
import { ObjectView } from './view.ts';

export { createMatchBuffer, type MatchBuffer } from './match-buffer.ts';

/** Every detection against one event: synchronous, and without allocation for events that match nothing. */
export interface Matcher {
  readonly detections: readonly Detection[];
  /** Adds the indexes of the detections that hold, in rising order; the caller resets the buffer. */
  match(event: Event, found: MatchBuffer): void;
}

/** The rules that can hold for events of one route, compiled for it. */
type Group = { readonly view: ObjectView; readonly rules: Int32Array; readonly programs: readonly Program[] };

export function createMatcher(detections: readonly Detection[]): Matcher {
  const groups: Group[] = [];
  const routes: Route[] = [];
  const groupOf = (route: Route): Group => {
    const known = groups[route.id];
    if (known !== undefined && routes[route.id] === route) return known;
    const group = compileGroup(detections, route);
    groups[route.id] = group;
    routes[route.id] = route;
    return group;
  };
  return {
    detections,
    match(event, found) {
      const { view, rules, programs } = groupOf(event.route);
      if (rules.length === 0) return;
      view.begin(event.document);
      for (let i = 0; i < programs.length; i++) if ((programs[i] as Program)(view)) addMatch(found, rules[i] as number);
    },
  };
}

function compileGroup(detections: readonly Detection[], route: Route): Group {
  const view = new ObjectView();
  const slots = new Map<string, number>();
  const slotOf = (field: string, label: RouteLabel | undefined): number => {
    const source = route.source(field, label);
    const key = sourceKey(source) ?? `${field}\u0000${label === undefined ? '' : route.labels.indexOf(label)}`;
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = view.addSlot(createAccessor(source));
      slots.set(key, slot);
    }
    return slot;
  };
  const rules: number[] = [];
  const programs: Program[] = [];
  detections.forEach(({ logsource, expr }, index) => {
    const label = labelFor(logsource, route);
    if (label === null) return;
    const folded = foldKnown(expr, route.known);
    if (folded.op === 'constant' && !folded.value) return;
    rules.push(index);
    programs.push(compileProgram(folded, (field) => slotOf(field, label)));
  });
  return { view, rules: Int32Array.from(rules), programs };
}

/** Equal keys read equal values; sources with functions in them have none. */
function sourceKey(source: FieldSource): string | undefined {
  if (source.kind === 'path') return source.keys.join('\u0001');
  if (source.kind !== 'first-of') return undefined;
  const keys = source.sources.map(sourceKey);
  return keys.every((key) => key !== undefined) ? keys.join('\u0002') : undefined;
}
