import { Engine } from 'json-rules-engine';
import type { Event } from '../../event/event.ts';
import type { Origin, RawRecord } from '../../event/raw-record.ts';
import { ADDED_OPERATORS, type Condition, type Fact } from '../../rule/ir/condition.ts';
import type { Detection, LookupFact } from '../../rule/ir/rule.ts';
import { valueAt } from '../../rule/json-rules/custom-operator.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { createMatchBuffer, createMatcher } from '../matcher.ts';
import { addedHolds } from '../policy/ask.ts';
import type { Lookups } from './cache.ts';

/** What the package said of one rule and event, and the facts it asked for. */
export type Asked = { readonly holds: boolean; readonly facts: JsonObject; readonly failed: readonly string[] };

export type Asker = {
  /** False: no rule asks for anything from outside. */
  readonly needed: boolean;
  /** Runs the rules that ask over the events they may hold for; answers wait until they are taken. Never rejects. */
  prepare(records: readonly RawRecord[], eventsOf: (record: RawRecord) => Iterable<Event>): Promise<void>;
  /** The answer for a rule and event, once; a rule that was not asked does not hold. */
  take(detection: Detection, origin: Origin): Asked;
};

type AskingRule = Detection & { readonly asks: NonNullable<Detection['asks']> };
const NOT_ASKED: Asked = { holds: false, facts: {}, failed: [] };

/**
 * Rules with facts from outside are handed to json-rules-engine: only for events that their other conditions select, a
 * batch at a time, and before the batch enters the engine, whose stages then find the answers ready and stay pure.
 */
export function createAsker(detections: readonly Detection[], lookups: Lookups): Asker {
  const asking = detections.filter((rule): rule is AskingRule => rule.asks !== undefined);
  const matcher = createMatcher(asking);
  const engines = asking.map((rule) => createRun(rule, lookups));
  const found = createMatchBuffer();
  const answers = new Map<string, Asked>();
  return {
    needed: asking.length > 0,
    async prepare(records, eventsOf) {
      const running: Promise<void>[] = [];
      for (const record of records) {
        for (const event of eventsOf(record)) {
          found.count = 0;
          matcher.match(event, found);
          for (const at of [...found.rules.subarray(0, found.count)]) {
            const rule = asking[at] as AskingRule;
            const run = engines[at] as (event: Event) => Promise<Asked>;
            running.push(run(event).then((asked) => void answers.set(keyOf(rule, event.origin), asked)));
          }
        }
      }
      await Promise.all(running);
    },
    take(detection, origin) {
      const key = keyOf(detection, origin);
      const asked = answers.get(key);
      answers.delete(key);
      return asked ?? NOT_ASKED;
    },
  };
}

const keyOf = ({ id }: Detection, { source, partition, offset, index }: Origin): string =>
  `${partition}/${offset}/${index}/${source}/${id}`;

function createRun(rule: AskingRule, lookups: Lookups): (event: Event) => Promise<Asked> {
  const { condition, facts } = rule.asks;
  const reads = new Map<string, Fact>();
  const conditions = rooted(conditionOf(condition, reads));
  const byName = new Map(facts.map((fact) => [fact.name, fact]));
  return async (event) => {
    const got: Record<string, JsonValue> = {};
    const failed: string[] = [];
    const values: Record<string, unknown> = {};
    for (const [name, fact] of reads) {
      if (fact.kind === 'event') values[name] = valueAt(event.field(fact.field), fact.keys);
      else if (fact.kind === 'lookup') {
        const asked = byName.get(fact.name) as LookupFact;
        values[name] = async () => valueAt(await fetch(asked, event, lookups, got, failed), fact.keys);
      }
    }
    // A fact that is missing is not given at all: the package tells it from one that is null.
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    const { events } = await newEngine(conditions, rule.id).run(given);
    const forced = failed.map((name) => byName.get(name)?.onFailure).filter((policy) => policy === 'match' || policy === 'no-match');
    const holds = forced.includes('no-match') ? false : forced.includes('match') ? true : events.length > 0;
    return { holds, facts: got, failed };
  };
}

/** One for each run: of two runs of one engine, the first to end would stop the other. */
function newEngine(conditions: object, type: string): Engine {
  const engine = new Engine([], { allowUndefinedFacts: true, pathResolver: (value) => value });
  for (const operator of ADDED_OPERATORS)
    engine.addOperator(
      operator,
      (fact: JsonValue | undefined, value: JsonValue) => fact !== undefined && fact !== null && addedHolds(operator, fact, value),
    );
  engine.addRule({ conditions: structuredClone(conditions) as never, event: { type } });
  return engine;
}

async function fetch(
  fact: LookupFact,
  event: Event,
  lookups: Lookups,
  got: Record<string, JsonValue>,
  failed: string[],
): Promise<JsonValue | undefined> {
  const params: Record<string, JsonValue> = {};
  for (const field of fact.of) {
    const value = event.field(field);
    // Nothing to ask by: the fact is missing, and nobody failed.
    if (value === undefined || value === null) return undefined;
    params[field] = value;
  }
  const answer = await lookups.ask(fact, params);
  if ('failed' in answer) {
    if (!failed.includes(fact.name)) failed.push(fact.name);
    return typeof fact.onFailure === 'object' ? fact.onFailure.value : undefined;
  }
  if (answer.value !== undefined) got[fact.name] = answer.value;
  return answer.value;
}

/** The tree as the package reads it; facts get names of their own, since paths are resolved before. */
function conditionOf(node: Condition, reads: Map<string, Fact>): object {
  const priority = node.priority === undefined ? {} : { priority: node.priority };
  if (node.op === 'not') return { not: conditionOf(node.of, reads), ...priority };
  if (node.op !== 'leaf') return { [node.op]: node.of.map((one) => conditionOf(one, reads)), ...priority };
  const { fact, operator, decorators, value } = node;
  const right = value.kind === 'constant' ? value.value : { fact: nameOf(value, reads) };
  // What is at hand is asked before what has to be fetched.
  const order = node.priority ?? (fact.kind === 'lookup' || value.kind === 'lookup' ? 1 : 2);
  return { fact: nameOf(fact, reads), operator: [...decorators, operator].join(':'), value: right, priority: order };
}

function nameOf(fact: Fact, reads: Map<string, Fact>): string {
  const name = JSON.stringify(fact);
  reads.set(name, fact);
  return name;
}

const rooted = (tree: object): object => ('fact' in tree ? { all: [tree] } : tree);

/** The document of a match with the answers it rests on, and the facts that could not be had. */
export function withFacts(ecs: JsonObject, { facts, failed }: Asked): JsonObject {
  const wardline = (ecs['wardline'] ?? {}) as JsonObject;
  return { ...ecs, wardline: { ...wardline, facts, ...(failed.length === 0 ? {} : { facts_failed: [...failed] }) } };
}
