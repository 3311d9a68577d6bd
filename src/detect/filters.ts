import type { Event } from '../event/event.ts';
import type { Detection, RuleId } from '../rule/ir/rule.ts';
import { createMatchBuffer, createMatcher, type Matcher } from './matcher.ts';

/** What the matcher is asked: rules as they are without their filters, so that it can be counted what those keep back. */
export function withoutFilters(detections: readonly Detection[]): readonly Detection[] {
  return detections.map((one) => (one.filtered === undefined ? one : { ...one, expr: one.filtered.without }));
}

/** The rule as it stands, filters included, and the filters that keep its match for an event back: none, and it holds. */
export type FiltersOf = (asked: Detection, event: Event) => { readonly detection: Detection; readonly heldBackBy: readonly string[] };

const NONE: readonly string[] = [];

/** Asks the filters of a rule after the rule without them held: few events, so they are compiled when first needed. */
export function createFilters(detections: readonly Detection[]): FiltersOf {
  const byId = new Map(detections.filter(({ filtered }) => filtered !== undefined).map((one) => [one.id, one]));
  const matchers = new Map<RuleId, Matcher>();
  const found = createMatchBuffer();
  return (asked, event) => {
    const detection = byId.get(asked.id);
    if (detection?.filtered === undefined) return { detection: asked, heldBackBy: NONE };
    let matcher = matchers.get(detection.id);
    if (matcher === undefined) {
      // A filter is joined by AND: it keeps a match back where its condition does not hold.
      matcher = createMatcher(detection.filtered.filters.map(({ expr }) => ({ ...detection, expr: { op: 'not', of: expr } })));
      matchers.set(detection.id, matcher);
    }
    found.count = 0;
    matcher.match(event, found);
    const { filters } = detection.filtered;
    const heldBackBy = found.count === 0 ? NONE : [...found.rules.subarray(0, found.count)].sort().map((i) => filters[i]?.id ?? '');
    return { detection, heldBackBy };
  };
}
