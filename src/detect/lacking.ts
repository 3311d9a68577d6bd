import { createAccessor } from '../event/accessor.ts';
import type { Event, Route } from '../event/event.ts';
import type { Accessor } from '../event/field-source.ts';
import type { Detection } from '../rule/ir/rule.ts';
import { fieldsOf } from './group.ts';
import { labelFor } from './routing.ts';

/** A field that rules of a format's log sources ask for, and how many of its events had it. */
export type AskedField = {
  readonly format: string;
  readonly field: string;
  readonly rules: readonly string[];
  readonly events: number;
  readonly found: number;
};

export type Lacking = {
  observe(event: Event): void;
  /** Fields that no event had, those most rules ask for first. */
  report(): readonly AskedField[];
};

type Question = { readonly field: string; readonly read: Accessor; readonly rules: Set<string> };
type Counts = { readonly rules: Set<string>; events: number; found: number };

/** Watches events for fields that rules apply to but cannot read: a format that lacks one, or a rule that misnames it. */
export function createLacking(detections: readonly Detection[]): Lacking {
  const byRoute = new Map<Route, readonly Question[]>();
  const counts = new Map<string, Counts>();
  return {
    observe({ route, document }) {
      let questions = byRoute.get(route);
      if (questions === undefined) byRoute.set(route, (questions = questionsOf(detections, route)));
      const seen = new Set<string>();
      for (const { field, read, rules } of questions) {
        const key = `${route.format}\u0000${field}`;
        let known = counts.get(key);
        if (known === undefined) counts.set(key, (known = { rules: new Set(), events: 0, found: 0 }));
        for (const rule of rules) known.rules.add(rule);
        const first = !seen.has(key);
        seen.add(key);
        if (first) known.events++;
        if (first && read(document) !== undefined) known.found++;
      }
    },
    report: () =>
      [...counts]
        .filter(([, { found }]) => found === 0)
        .map(([key, { rules, events, found }]) => {
          const [format = '', field = ''] = key.split('\u0000');
          return { format, field, rules: [...rules].sort(), events, found };
        })
        .sort((a, b) => b.rules.length - a.rules.length || (a.field < b.field ? -1 : 1)),
  };
}

function questionsOf(detections: readonly Detection[], route: Route): readonly Question[] {
  const questions = new Map<string, Question>();
  for (const { logsource, expr, meta } of detections) {
    const label = labelFor(logsource, route);
    if (label === null) continue;
    for (const field of fieldsOf(expr)) {
      let question = questions.get(field);
      if (question === undefined)
        questions.set(field, (question = { field, read: createAccessor(route.source(field, label)), rules: new Set() }));
      question.rules.add(meta.title);
    }
  }
  return [...questions.values()];
}
