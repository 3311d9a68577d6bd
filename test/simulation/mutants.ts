import { createFilter, type Filter, type FilterState } from '../../src/pipeline/distributed/filter.ts';
import type { MatchRecord } from '../../src/pipeline/distributed/records.ts';
import { decodeMatchRecord, encodeMatchRecord } from '../../src/pipeline/distributed/records.ts';
import type { LogWriter } from '../../src/transport/port.ts';
import type { Mutant } from './world.ts';

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
      read: log.read,
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
  'random ids': {
    parts: (parts, world) => ({
      ...parts,
      toAlert(firing) {
        const alert = parts.toAlert(firing);
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
    owned: (owned, stage) => (stage !== 'deliver' ? owned : { ...owned, committed: async () => undefinedFilter(await owned.committed()) }),
  },
};

const undefinedFilter = <T extends { readonly metadata: string }>(committed: T | undefined): T | undefined =>
  committed && { ...committed, metadata: '' };
