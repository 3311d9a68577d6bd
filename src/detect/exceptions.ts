import type { Event, Logsource } from '../event/event.ts';
import type { Exception, ExceptionEffect } from '../rule/ir/exception.ts';
import type { Detection, Level, Rule, RuleId } from '../rule/ir/rule.ts';
import { createMatchBuffer, createMatcher } from './matcher.ts';

/** An exception that holds for a match: the rule it was written for is the match's own or a correlation that it feeds. */
export type Held = { readonly exception: string; readonly rule: RuleId; readonly effect: ExceptionEffect; readonly level: Level };

/** What exceptions say about the match of a detection for an event; empty for almost every match. */
export type ExceptionsOf = (detection: RuleId, event: Event) => readonly Held[];

const NONE: readonly Held[] = [];

/**
 * Asks the exceptions of a rule after the rule itself held. Their conditions are compiled like rules, once for each log
 * source of the detections they are about, so that fields are found where those rules find them.
 */
export function createExceptions(exceptions: readonly Exception[], byId: ReadonlyMap<RuleId, Rule>): ExceptionsOf {
  if (exceptions.length === 0) return () => NONE;
  const asked: { readonly exception: Exception; readonly detection: Detection }[] = [];
  /** By detection: the places in `asked` that are about it, and the rule each was written for. */
  const about = new Map<RuleId, { readonly place: number; readonly rule: RuleId }[]>();
  for (const exception of exceptions) {
    const places = new Map<string, number>();
    for (const id of exception.rules) {
      for (const detection of detectionsOf(byId.get(id), byId)) {
        const key = JSON.stringify(detection.logsource ?? null);
        let place = places.get(key);
        if (place === undefined) {
          place = asked.push({ exception, detection: askable(exception, detection.logsource, detection) }) - 1;
          places.set(key, place);
        }
        about.set(detection.id, [...(about.get(detection.id) ?? []), { place, rule: id }]);
      }
    }
  }
  const matcher = createMatcher(asked.map(({ detection }) => detection));
  const found = createMatchBuffer();
  return (id, event) => {
    const places = about.get(id);
    if (places === undefined) return NONE;
    found.count = 0;
    matcher.match(event, found);
    if (found.count === 0) return NONE;
    const holding = new Set(found.rules.subarray(0, found.count));
    return places.flatMap(({ place, rule }) => {
      const exception = asked[place]?.exception;
      if (exception === undefined || !holding.has(place) || !inForce(exception, event)) return [];
      return [{ exception: exception.id, rule, effect: exception.effect, level: exception.level }];
    });
  };
}

const inForce = ({ starts, expires }: Exception, { time }: Event): boolean => time >= starts && time < expires;

/** The detections whose events decide a rule: itself, or the members of a correlation that are detections. */
function detectionsOf(rule: Rule | undefined, byId: ReadonlyMap<RuleId, Rule>): readonly Detection[] {
  if (rule === undefined) return [];
  if (rule.kind === 'detection') return [rule];
  return rule.members.map((member) => byId.get(member)).filter((member) => member?.kind === 'detection');
}

function askable({ id, expr }: Exception, logsource: Logsource | undefined, like: Detection): Detection {
  return { ...like, id, logsource, expr };
}
