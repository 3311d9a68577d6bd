import { isUtf8 } from 'node:buffer';
import type { DecodeOptions } from '../../decode/decode.ts';
import type { Route } from '../../event/event.ts';
import { SEEN_CHARACTERS } from '../../event/tags.ts';
import type { EventTime } from '../../normalize/event-time.ts';
import type { Decisions } from '../../normalize/normalizer.ts';
import type { Detection } from '../../rule/ir/rule.ts';
import { byteGroup, type Group } from '../group.ts';
import type { MatchBuffer } from '../match-buffer.ts';
import { createGroups, sample } from '../matcher.ts';
import { ByteLine } from './byte-line.ts';
import { type ByteRouter, createByteRouters } from './byte-router.ts';
import { KeyTree } from './key-tree.ts';
import { Machine } from './machine.ts';
import { Tokenizer } from './tokenizer.ts';

/** Every detection against one undecoded record. */
export interface ByteMatcher {
  /**
   * Adds the indexes of the detections that hold for the one event of a record, and gives its route; the caller resets the
   * buffer. Undefined: the record is not understood as bytes (several events, no JSON object, escapes in keys, a format that
   * only a document tells), nothing is added, and decoding decides. A record with a route decodes to exactly one event.
   */
  match(bytes: Uint8Array, decisions: Decisions, found: MatchBuffer): Route | undefined;
  /** Time of the event that `match` gave a route for last. */
  time(decisions: Decisions, appendedAt: number): EventTime;
}

/**
 * The matcher on bytes: an event that matches nothing is never parsed. Its answers are those of `createMatcher` on the
 * decoded event (test/detect/byte-matcher.property.test.ts).
 */
export function createByteMatcher(
  detections: readonly Detection[],
  { maxRecordBytes, maxDepth }: Pick<DecodeOptions, 'maxRecordBytes' | 'maxDepth'>,
): ByteMatcher {
  const machine = new Machine();
  const line = new ByteLine(new Tokenizer(new KeyTree(machine), maxDepth), maxDepth);
  const groupOf = createGroups(detections, line);
  const routers = createByteRouters(line);

  // Records come in batches of one source, so the router is mostly that of the record before.
  let latest: { readonly decisions: Decisions; readonly router: ByteRouter } | undefined;
  const routerOf = (decisions: Decisions): ByteRouter => {
    if (latest?.decisions === decisions) return latest.router;
    const router = routers(decisions);
    latest = { decisions, router };
    return router;
  };

  /** The group of a route; where it is new, the line is read again for the fields that it added. */
  const groupFor = (route: Route): Group => {
    const { places } = line.tokens.tree;
    const group = groupOf(route);
    if (line.tokens.tree.places !== places) line.again();
    return group;
  };

  return {
    match(bytes, decisions, found) {
      // A longer record may hold a text that is not seen whole; decoding tells.
      if (bytes.length > SEEN_CHARACTERS || bytes.length > maxRecordBytes) return undefined;
      const router = routerOf(decisions);
      if (!line.begin(bytes) || (line.tokens.wide && !isUtf8(bytes))) return undefined;
      const route = router.route();
      if (route === undefined) return undefined;
      const group = groupFor(route);
      const { byteView: view } = group;
      if (view === undefined || group.rules.length === 0) return route;
      if (group.samples !== undefined) sample(group, line.document(), 'bytes');
      view.begin();
      const plan = byteGroup(group, view);
      view.scan(plan);
      plan.verify(group.rules, found);
      return route;
    },
    time: (decisions, appendedAt) => routerOf(decisions).time(appendedAt),
  };
}
