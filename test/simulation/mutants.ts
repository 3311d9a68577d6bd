import { zstdDecompressSync } from 'node:zlib';
import type { CorrelatorState } from '../../src/correlate/codec.ts';
import { decodeState, encodeState } from '../../src/correlate/codec.ts';
import type { CorrelateRecord, Correlator } from '../../src/correlate/correlator.ts';
import { createFilter, type Filter, type FilterState } from '../../src/pipeline/distributed/filter.ts';
import type { MatchRecord } from '../../src/pipeline/distributed/records.ts';
import { ACTIVATION_KEY, decodeMatchRecord, encodeMatchRecord } from '../../src/pipeline/distributed/records.ts';
import { sha256Hex } from '../../src/shared/digest.ts';
import type { Entry, LogWriter } from '../../src/transport/port.ts';
import { type Mutant, REST_MS, type World } from './world.ts';

type Matched = Extract<MatchRecord, { kind: 'match' }>;

/** A filter with other keys: `slot` says what is remembered apart, `place` how far it has come, `member` what may repeat there. */
function filterBy(
  slot: (record: Matched) => string,
  place: (record: Matched) => readonly bigint[],
  member: ((record: Matched) => string) | undefined,
): typeof createFilter {
  return (state) => {
    const inner = createFilter(state?.times === undefined ? undefined : { matches: [], times: state.times });
    const seen = new Map<string, { place: readonly bigint[]; members: Set<string> }>(
      ((state as unknown as { own?: [string, string[], string[]][] })?.own ?? []).map(([key, at, members]) => [
        key,
        { place: at.map(BigInt), members: new Set(members) },
      ]),
    );
    const compare = (a: readonly bigint[], b: readonly bigint[]): number => {
      const at = a.findIndex((value, i) => value !== b[i]);
      return at < 0 ? 0 : (a[at] as bigint) < (b[at] as bigint) ? -1 : 1;
    };
    const filter: Filter = {
      takes(record) {
        const key = slot(record);
        const known = seen.get(key);
        const order = known === undefined ? 1 : compare(place(record), known.place);
        if (order < 0 || (order === 0 && (member === undefined || known?.members.has(member(record))))) return false;
        if (order > 0) seen.set(key, { place: place(record), members: new Set(member === undefined ? [] : [member(record)]) });
        else if (member !== undefined) known?.members.add(member(record));
        return true;
      },
      takesTime: inner.takesTime,
      snapshot: () =>
        ({
          ...inner.snapshot(),
          own: [...seen].map(([key, { place: at, members }]) => [key, at.map(String), [...members]]),
        }) as FilterState,
    };
    return filter;
  };
}

const partitionOf = ({ place }: Matched): string => JSON.stringify([place.source, place.partition]);
const ruleOf = (record: Matched): string => JSON.stringify([partitionOf(record), record.routed.rule, record.routed.hit.rule]);
const whole = ({ place }: Matched): readonly bigint[] => [BigInt(place.incarnation), place.offset, BigInt(place.index)];
const groupOf = ({ routed }: Matched): string => routed.group.key;

/** Every match with another place than it has. */
const placed =
  (change: (record: Matched) => MatchRecord): NonNullable<Mutant['matches']> =>
  (writer) => ({
    partitions: writer.partitions,
    append: (partition, entries) =>
      writer.append(
        partition,
        entries.map((entry) => {
          const record = decodeMatchRecord(entry.value);
          return record?.kind === 'match' ? { ...entry, value: encodeMatchRecord(change(record)) } : entry;
        }),
      ),
  });

/** Says that it is done before it is: what is on the way when its worker dies is gone. */
const hasty = (writer: LogWriter): LogWriter => ({
  partitions: writer.partitions,
  append: async (partition, entries) => {
    void writer.append(partition, entries).catch(() => undefined);
  },
});

/** A correlator with another way to read records or to save itself. */
const correlating =
  (change: (correlator: Correlator, world: World) => Partial<Correlator>): NonNullable<Mutant['parts']> =>
  (parts, world) => ({
    ...parts,
    correlator(snapshot) {
      const correlator = parts.correlator(snapshot);
      return { ...correlator, ...change(correlator, world) };
    },
  });

const savedAs = (change: (state: CorrelatorState) => Partial<CorrelatorState>): NonNullable<Mutant['parts']> =>
  correlating((correlator) => ({
    snapshot() {
      const { watermark, partitions, silences, counters, words, rules, ...rest } = decodeState(correlator.snapshot());
      const state = { watermark, partitions, silences, counters, words, rules };
      return encodeState({ ...rest, ...state, ...change(state) });
    },
  }));

/** Digests made anew from what is there, as if nobody looked at them. */
function believed(found: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const out = new Map(found);
  for (const [key, value] of found) {
    if (!key.startsWith('m/')) continue;
    const text = Buffer.from(value).toString();
    const manifest = JSON.parse(text.slice(text.indexOf(' '))) as { chunks: string[] };
    const chunks = manifest.chunks.map((_, n) => found.get(`c/${key.slice(2)}/${n}`));
    if (chunks.some((chunk) => chunk === undefined)) continue;
    try {
      const state = zstdDecompressSync(Buffer.concat(chunks as Uint8Array[]));
      const body = {
        ...manifest,
        chunks: chunks.map((chunk) => sha256Hex(chunk as Uint8Array)),
        bytes: state.length,
        sha256: sha256Hex(state),
      };
      out.set(key, Buffer.from(`${sha256Hex(JSON.stringify(body))} ${JSON.stringify(body)}`));
    } catch {
      // Not even unpackable.
    }
  }
  return out;
}

/** State of a partition: four letters, the length of the filter's part, that part, and correlation's (reducer.ts). */
function halves(state: Uint8Array): readonly [filter: Buffer, correlator: Buffer] {
  const bytes = Buffer.from(state);
  const end = 8 + bytes.readUInt32BE(4);
  return [bytes.subarray(0, end), bytes.subarray(end)];
}

const marks: NonNullable<Mutant['owned']> = (owned, stage) =>
  stage !== 'deliver' ? owned : { ...owned, committed: async () => undefinedFilter(await owned.committed()) };

/** Each of the guards of the design, taken away; the simulation must notice every one. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'filter off': { filterOf: (state) => ({ ...createFilter(state), takes: () => true }) },
  'filter by offset': { filterOf: filterBy(ruleOf, ({ place }) => [BigInt(place.incarnation), place.offset], undefined) },
  'filter by offset and document': { filterOf: filterBy(ruleOf, whole, undefined) },
  'filter over all rules': { filterOf: filterBy(partitionOf, whole, groupOf) },
  'position without the document': { matches: placed((record) => ({ ...record, place: { ...record.place, index: 0 } })) },
  'filter not in the checkpoint': { filterOf: () => ({ ...createFilter(), snapshot: () => ({ matches: [], times: [] }) }) },
  'no source incarnation': { filterOf: filterBy(ruleOf, ({ place }) => [place.offset, BigInt(place.index)], groupOf) },
  'matches acknowledged before they are written': { matches: hasty },
  'success for a partition that was not written': {
    matches: (writer, _actor, world) => ({
      partitions: writer.partitions,
      append: async (partition, entries) => {
        if (world.scheduler.chance() >= 0.02) await writer.append(partition, entries);
      },
    }),
  },
  'lateness by the joint watermark': {
    parts: (parts) => ({
      ...parts,
      correlator(snapshot) {
        const correlator = parts.correlator(snapshot);
        return {
          ...correlator,
          apply: (record, say) =>
            correlator.apply(
              record.kind === 'routed'
                ? { ...record, routed: { ...record.routed, late: record.routed.hit.time < correlator.watermark() } }
                : record,
              say,
            ),
        };
      },
    }),
  },
  'lateness not in the commit': {
    owned: (owned, stage) =>
      stage !== 'ingest'
        ? owned
        : {
            ...owned,
            commit: ({ offset, metadata }) => owned.commit({ offset, metadata: metadata.replace(/"n":"\d+"/, '"n":null') }),
          },
  },
  'checkpoint before the alerts are acknowledged': { alerts: hasty },
  'start from the offset of the group': {
    checkpoints: (checkpoints, world) => ({
      save: checkpoints.save,
      async loadNewest(partition) {
        const { checkpoint, damaged } = await checkpoints.loadNewest(partition);
        const committed = world.broker.offsets.get(`correlate/${partition}`);
        return { checkpoint: checkpoint && { ...checkpoint, next: committed?.offset ?? 0n }, damaged };
      },
    }),
  },
  'offset told before the checkpoint': {
    checkpoints: (checkpoints, world) => ({
      async save(partition, checkpoint) {
        world.broker.offsets.set(`correlate/${partition}`, { offset: checkpoint.next, metadata: '' });
        await checkpoints.save(partition, checkpoint);
      },
      async loadNewest(partition) {
        const { checkpoint, damaged } = await checkpoints.loadNewest(partition);
        const committed = world.broker.offsets.get(`correlate/${partition}`);
        return { checkpoint: checkpoint && { ...checkpoint, next: committed?.offset ?? 0n }, damaged };
      },
    }),
  },
  'chunks overwritten in place': {
    keyed: (log) => {
      const inPlace = (key: string): string => key.replace(/^c\/[^/]+/, 'c/one');
      return {
        end: log.end,
        async read(partition) {
          const found = new Map(await log.read(partition));
          for (const key of [...found.keys()].filter((one) => one.startsWith('m/'))) {
            const text = Buffer.from(found.get(key) as Uint8Array).toString();
            for (const [n] of (JSON.parse(text.slice(text.indexOf(' '))) as { chunks: string[] }).chunks.entries()) {
              const chunk = found.get(`c/one/${n}`);
              if (chunk !== undefined) found.set(`c/${key.slice(2)}/${n}`, chunk);
            }
          }
          return found;
        },
        write: (partition, entries) =>
          log.write(
            partition,
            entries
              .filter(({ key, value }) => value !== null || key.startsWith('m/'))
              .map((entry) => ({ ...entry, key: inPlace(entry.key) })),
          ),
      };
    },
  },
  'old checkpoints removed before the new manifest': {
    keyed: (log) => ({
      ...log,
      async write(partition, entries) {
        if (entries.some(({ key }) => key.startsWith('c/')) && entries.every(({ value }) => value !== null))
          for (const key of (await log.read(partition)).keys()) await log.write(partition, [{ key, value: null }]);
        await log.write(partition, entries);
      },
    }),
  },
  'checkpoint of an offset beyond its state': {
    checkpoints: (checkpoints) => ({
      ...checkpoints,
      save: (partition, one) => checkpoints.save(partition, { ...one, next: one.next + 1n }),
    }),
  },
  'two requests on the way to a partition': {
    matches: (writer) => ({
      partitions: writer.partitions,
      async append(partition, entries) {
        const half = entries.length >> 1;
        const both = [entries.slice(0, half), entries.slice(half)].filter((part) => part.length > 0);
        await Promise.all(both.map((part) => writer.append(partition, part)));
      },
    }),
  },
  'watermark from matches only': {
    parts: correlating((correlator) => ({
      apply(record, say) {
        if (record.kind === 'watermark') return [];
        if (record.kind !== 'routed') return correlator.apply(record, say);
        const { time, origin } = record.routed.hit;
        const { source, partition } = origin;
        const fired = correlator.apply(record, say);
        return [...fired, ...correlator.apply({ kind: 'watermark', source, partition, time: time - 20_000_000_000n, idle: false }, say)];
      },
    })),
  },
  'rest told by the clock of the worker': {
    parts: correlating((correlator, world) => {
      const heard = new Map<string, { at: number; record: Extract<CorrelateRecord, { kind: 'watermark' }> }>();
      return {
        apply(record, say) {
          const now = world.clock.now();
          if (record.kind === 'watermark') heard.set(`${record.partition}/${record.source}`, { at: now, record });
          const fired = [...correlator.apply(record, say)];
          for (const { at, record: last } of heard.values())
            if (now - at > REST_MS / 3 && !last.idle) fired.push(...correlator.apply({ ...last, idle: true }, say));
          return fired;
        },
      };
    }),
  },
  'digests of checkpoints unchecked': {
    keyed: (log) => ({ ...log, read: async (partition) => believed(await log.read(partition)) }),
  },
  'state changes while it is written': {
    checkpoints(checkpoints) {
      let before: Uint8Array | undefined;
      return {
        ...checkpoints,
        async save(partition, one) {
          const [filter, correlator] = halves(one.state);
          const mixed = before === undefined ? one.state : Buffer.concat([halves(before)[0], correlator]);
          before = Buffer.concat([filter, correlator]);
          await checkpoints.save(partition, { ...one, state: mixed });
        },
      };
    },
  },
  'order of eviction not in the checkpoint': {
    parts: savedAs(({ rules }) => ({
      rules: rules.map((rule) => {
        const sorted = <T extends readonly [key: string, unknown]>(list: readonly T[]): T[] =>
          [...list].sort(([a], [b]) => (a < b ? -1 : 1));
        const { probation, advanced } = rule.groups;
        return { ...rule, groups: { probation: sorted(probation), advanced: sorted(advanced) } };
      }),
    })),
  },
  'silences not in the checkpoint': { parts: savedAs(() => ({ silences: [] })) },
  'index by the wall clock': { indexOf: (_document, world) => `alerts-${Math.floor(world.clock.now() / 2000)}` },
  'remembered ids with a short horizon in the place of the filter of deliveries': {
    owned: marks,
    sink: (sink, actor, world) => ({
      ...sink,
      async write(alerts, signal) {
        const seen = world.remembered(actor.name);
        const outcomes = await sink.write(
          alerts.filter(({ id }) => !seen.includes(id)),
          signal,
        );
        for (const { id, outcome } of outcomes) if (outcome === 'stored' || outcome === 'duplicate') seen.push(id);
        seen.splice(0, seen.length - 8);
        return [...outcomes, ...alerts.filter(({ id }) => seen.includes(id)).map(({ id }) => ({ id, outcome: 'duplicate' as const }))];
      },
    }),
  },
  'rules from the control topic, not from the commit': {
    rulesets: (rulesets, world) => ({
      ...rulesets,
      newest: () => 1,
      load: () => rulesets.load(world.newestRules()),
    }),
  },
  'read by new rules before every partition of matches knows': { controlFirst: true },
  'activation that is no record': {
    owned(owned, stage, world) {
      if (stage !== 'correlate') return owned;
      let told = false;
      const isActivation = (entry: Entry): boolean => {
        const record = entry.key === ACTIVATION_KEY ? decodeMatchRecord(entry.value) : undefined;
        return record?.kind === 'activation' && record.seq > 1;
      };
      return {
        ...owned,
        async *read(offset) {
          for await (const entries of owned.read(offset))
            yield entries.map((entry): Entry => {
              if (isActivation(entry)) return { ...entry, key: undefined, value: Buffer.from('{}') };
              if (told || world.newestRules() < 2 || decodeMatchRecord(entry.value)?.kind !== 'watermark') return entry;
              told = true;
              const value = encodeMatchRecord({ kind: 'activation', seq: 2, digest: sha256Hex('after') });
              return { ...entry, key: ACTIVATION_KEY, value };
            });
        },
      };
    },
  },
  'random ids': {
    parts: (parts, world) => ({
      ...parts,
      toAlert(firing, latest) {
        const alert = parts.toAlert(firing, latest);
        return alert && { ...alert, id: `${alert.id}-${world.scheduler.pick(1e9)}` };
      },
    }),
  },
  '409 taken as a failure': {
    sink: (sink) => ({
      ...sink,
      write: async (alerts, signal) =>
        (await sink.write(alerts, signal)).map((one) =>
          one.outcome === 'duplicate' ? { id: one.id, outcome: 'retry' as const, reason: 'conflict', retryAfterMs: 200 } : one,
        ),
    }),
  },
  'delivered before the answer': {
    sink: (sink) => ({
      ...sink,
      async write(alerts, signal) {
        void sink.write(alerts, signal).catch(() => undefined);
        return alerts.map(({ id }) => ({ id, outcome: 'stored' as const }));
      },
    }),
  },
  'filter of the deliveries off': {
    owned: marks,
  },
};

const undefinedFilter = <T extends { readonly metadata: string }>(committed: T | undefined): T | undefined =>
  committed && { ...committed, metadata: '' };
