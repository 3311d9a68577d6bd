import type { ServiceEdge } from '../../rule/ir/rule.ts';
import type { Hit } from '../firing.ts';
import { type Kind, NOTHING, type Trigger } from '../kind.ts';
import { textsOf } from '../values.ts';

/**
 * A call from one service to another: the caller's client span and the server span below it, in the group of one link. It
 * holds once both are there, whichever came first, and hands on the edge.
 */
export function serviceEdge({ client, server, known }: ServiceEdge, timespan: bigint): Kind<Record<string, never>> {
  const allowed = new Set(known.map(([caller, callee]) => edgeId(caller, callee)));
  const pairOf = (hits: readonly Hit[]) => {
    const [from, to] = [hits.find(({ rule }) => rule === client), hits.find(({ rule }) => rule === server)];
    if (from === undefined || to === undefined) return undefined;
    const [caller = '', callee = ''] = [textsOf(from.values['service.name'])[0], textsOf(to.values['service.name'])[0]];
    if (caller === '' || callee === '' || caller === callee || allowed.has(edgeId(caller, callee))) return undefined;
    return {
      caller,
      callee,
      hits: [from, to],
      time: from.time > to.time ? from.time : to.time,
      start: from.time < to.time ? from.time : to.time,
    };
  };
  return {
    reach: timespan,
    settled: false,
    delay: 0n,
    initial: () => ({}),
    *inserted(hits): Iterable<Trigger> {
      const pair = pairOf(hits);
      if (pair === undefined) return;
      const { caller, callee, time, start } = pair;
      const decision = [{ condition: 'service edge', expected: 'a known edge', observed: edgeId(caller, callee) }];
      yield { time, start, end: time, explain: () => ({ decision, hits: pair.hits }) };
    },
    passed: () => NOTHING,
    due: () => undefined,
    handsOn(hits) {
      const pair = pairOf(hits);
      if (pair === undefined) return {};
      const { caller, callee } = pair;
      return { 'wardline.edge.id': edgeId(caller, callee), 'wardline.edge.caller': caller, 'wardline.edge.callee': callee };
    },
    blank: () => true,
  };
}

const edgeId = (caller: string, callee: string): string => `${caller} -> ${callee}`;
