import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import type { Census } from '../census.ts';
import { confidenceOf } from '../detectors/judged.ts';
import type { Hit } from '../firing.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Frame, Kind } from '../kind.ts';
import { boundValues, forgetValues, type KnownValues, NO_VALUES, olderBytes, packValues, unseen, valueBytes } from '../known-values.ts';
import { hashKeyOf } from '../sketches/keyed-hash.ts';
import { lacksAny, textOf, valueKeys } from '../values.ts';
import type { Look } from './panes.ts';
import { decisionsOf, hoursOf, membersText, rounded } from './told.ts';

type PeerGroup = Extract<MatchAnomaly, { readonly kind: 'peer_group' }>;
type Own = Applied & { first: bigint | undefined; newest: bigint; last: KnownValues; told: boolean };

/**
 * A value that is new to a group (a user, a host) and that at most `maxShare` of its peers have, where at least `minPeers`
 * peers are known. Peers are the groups with the same value in the peers field.
 */
export function peerGroup(condition: PeerGroup, { logicDigest = '' }: Frame, look?: Look): Kind {
  const { fields, learn, remember, maxShare, minPeers } = condition;
  const [peersField, ...valueFields] = fields;
  const remembering = { span: remember, hashKey: hashKeyOf(logicDigest) };
  const keyOf = (peers: string, value: string): string => JSON.stringify([peers, value]);
  const peersOf = (hit: Hit): string | undefined => textOf(hit.values[peersField ?? '']);
  /** The share of the peers that have the value, which is usual from `maxShare` on, and from 0 on where the group has it. */
  const draw = (own: Own, peers: string, keys: readonly string[], fresh: boolean, start: Nanos, census: Census | undefined): void => {
    const others = (value: string): number => Math.max(0, (census?.members(keyOf(peers, value), start) ?? 1) - 1);
    const all = others('');
    const [least] = keys.map((label) => ({ label, value: others(label) / Math.max(1, all) })).sort((a, b) => a.value - b.value);
    if (least === undefined) return;
    const age = start - (own.first ?? start);
    const lacks = age < learn ? hoursOf(age, learn) : all < minPeers ? { learned: all, needed: minPeers } : undefined;
    if (lacks !== undefined) {
      look?.({ start, ...least, judged: { known: false, ...lacks } });
      return;
    }
    const fired = fresh && least.value <= maxShare;
    const band = { expected: 1, low: fresh ? maxShare : 0, high: 1 };
    const confidence = confidenceOf(maxShare * all + 1, least.value * all + 1);
    look?.({ start, ...least, judged: { known: true, fired, baseline: 'share of the peers', ...band, confidence } });
  };
  const kind = inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, first: undefined, newest: 0n, last: NO_VALUES, told: false }),
    apply(own, hit, passage) {
      const { census } = passage;
      const { time } = hit;
      const peers = peersOf(hit);
      if (peers === undefined) return undefined;
      own.first ??= time;
      own.newest = time;
      const keys = valueKeys(valueFields, hit.values, passage.dropped, time);
      const news = unseen(own, keys, time, remembering);
      if (look !== undefined) draw(own, peers, news.length > 0 ? news : keys, news.length > 0, time, census);
      if (news.length === 0) return undefined;
      boundValues(own, time, remembering, passage);
      const all = census?.members(keyOf(peers, ''), time) ?? 0;
      if (time < own.first + learn || all - 1 < minPeers) {
        if (own.told) return undefined;
        own.told = true;
        return { time, start: time, end: time + learn, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      const strange = news
        .map((value) => ({ value, having: (census?.members(keyOf(peers, value), time) ?? 1) - 1 }))
        .filter(({ having }) => having <= maxShare * (all - 1));
      if (strange.length === 0) return undefined;
      const decision = strange.flatMap(({ value, having }) =>
        decisionsOf({
          what: `${valueFields.join(', ')} new to it and unusual among ${peers}: ${value}`,
          baseline: `${membersText(census, keyOf(peers, ''), time, 1)} peers`,
          expected: `used by more than ${rounded(maxShare * 100)} % of them`,
          observed: membersText(census, keyOf(peers, value), time, 1),
          confidence: confidenceOf(maxShare * (all - 1) + 1, having + 1),
        }),
      );
      return { time, start: own.first, end: time, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ first, newest }) => (first === undefined ? undefined : newest + remember),
    postpones: true,
    pack: packValues,
    elapsed(own) {
      own.first = undefined;
      own.told = false;
      forgetValues(own);
      return undefined;
    },
    blank: ({ first }) => first === undefined,
  });
  return {
    ...(kind as Kind),
    lacks: lacksAny(fields),
    sketchBytes: (own) => olderBytes((own as Own).last),
    ownBytes: (own) => valueBytes((own as Own).last),
    census: {
      span: remember,
      *of(hit, group) {
        const peers = peersOf(hit);
        if (peers === undefined) return;
        yield [keyOf(peers, ''), group.key];
        for (const value of valueKeys(valueFields, hit.values)) yield [keyOf(peers, value), group.key];
      },
    },
  };
}
