import type { PartitionRegister } from '../register.ts';
import type { Positions } from '../source.ts';
import { type FileIdentity, HEAD_BYTES, identityOf, type KnownFile, matchFiles } from './identity.ts';
import type { Look } from './look.ts';

/** A file under its partition number, and how far it was read. */
export type Tracked = {
  readonly number: number;
  identity: FileIdentity;
  position: bigint;
  /** How it stands now; undefined when no file continues this partition. */
  file: Look | undefined;
  /** The stamp up to which a compressed file was read, so that it is not unpacked again. */
  readStamp: string;
  /** Bytes that were seen beyond `position` in a plain file: what is lost when it goes. */
  size: number;
};

/** Every file a source ever read, by number. */
export type FileTable = {
  /** Pairs the files with their numbers; one that continues nothing gets a number of its own, if `opens` lets it. */
  update(files: readonly Look[], opens: (file: Look, known: readonly KnownFile[]) => boolean): readonly Tracked[];
  /** Notes files that were there before the source was: they are not read. */
  pass(files: readonly Look[]): void;
  readonly isNew: boolean;
  /** Partitions with a file that is read. */
  present(): readonly Tracked[];
  /** Partitions without a file. */
  orphans(): readonly Tracked[];
};

export function createFileTable(register: PartitionRegister, positions: Positions): FileTable {
  const table = new Map<number, Tracked>();
  const registered = register.all();
  for (const { number, identity } of registered) table.set(number, fresh(number, JSON.parse(identity) as FileIdentity, positions));

  const place = (number: number, file: Look, passed: boolean): Tracked => {
    const isNew = !table.has(number);
    const tracked = table.get(number) ?? fresh(number, identityOf(file), positions);
    table.set(number, tracked);
    // The first bytes grow until there are enough of them; the path and inode are those of today.
    const grown = tracked.identity.headBytes < HEAD_BYTES && file.start.length > tracked.identity.headBytes;
    if (isNew || grown || tracked.identity.path !== file.path || tracked.identity.inode !== file.inode) {
      const { head, headBytes } = grown || isNew ? identityOf(file) : tracked.identity;
      const skip = passed || tracked.identity.passed === true;
      tracked.identity = { path: file.path, inode: file.inode, head, headBytes, ...(skip ? { passed: true } : {}) };
      register.set(number, JSON.stringify(tracked.identity));
    }
    tracked.file = file;
    tracked.size = file.size ?? tracked.size;
    return tracked;
  };
  const known = (): KnownFile[] => [...table.values()].map(({ number, identity, position }) => ({ ...identity, number, position }));

  return {
    isNew: registered.length === 0,
    update(files, opens) {
      for (const tracked of table.values()) tracked.file = undefined;
      const before = known();
      const numbers = matchFiles(before, files);
      const found: Tracked[] = [];
      for (const file of files) {
        const number = numbers.get(file) ?? (opens(file, before) ? nextNumber(table) : undefined);
        if (number !== undefined) found.push(place(number, file, false));
      }
      return found.filter(({ identity }) => identity.passed !== true);
    },
    pass(files) {
      for (const file of files) place(nextNumber(table), file, true);
    },
    present: () => [...table.values()].filter(({ file, identity }) => file !== undefined && identity.passed !== true),
    orphans: () => [...table.values()].filter(({ file, identity }) => file === undefined && identity.passed !== true),
  };
}

function fresh(number: number, identity: FileIdentity, positions: Positions): Tracked {
  const position = positions.get(number) ?? 0n;
  return { number, identity, position, file: undefined, readStamp: '', size: 0 };
}

const nextNumber = (table: ReadonlyMap<number, unknown>): number => Math.max(-1, ...table.keys()) + 1;
