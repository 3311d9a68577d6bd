import { addMatch, type MatchBuffer } from '../match-buffer.ts';
import type { Indexes } from '../plan.ts';
import type { ByteIndex } from './byte-index.ts';
import { type ByteCompiler, FAILS, HOLDS, IF_FALSE, IF_TRUE } from './byte-program.ts';
import type { ByteView } from './byte-view.ts';
import { writeWords } from './literal-tables.ts';

/** The indexes and programs of a group of rules in the form in which the machine goes through all of them at once (assembly/group.ts). */
export type ByteGroup = {
  readonly at: number;
  /** Address of the fields that bytes did not say all about. */
  readonly left: number;
  readonly indexes: Indexes<ByteIndex>;
  /** Asks the rules that `ByteView.scan` brought up, and those without literals; adds those that hold, as `rules` names them. */
  verify(rules: Int32Array, found: MatchBuffer): void;
};

/** What a group is made of besides its indexes; `program` compiles what is left to ask of a member. */
export type ByteParts = {
  readonly members: number;
  readonly always: Int32Array;
  readonly indexes: Indexes<ByteIndex>;
  readonly compiler: ByteCompiler;
  readonly program: (member: number) => number;
};

export function createByteGroup(view: ByteView, { members, always, indexes, compiler, program }: ByteParts): ByteGroup {
  const { machine } = view;
  const { fields, keywords } = indexes;
  const stamps = machine.allocate(4 * members);
  const candidates = machine.allocate(4 * members);
  const programs = machine.allocate(4 * members);
  // Rules that hold, then pairs of those that are left to answer.
  const verdicts = machine.allocate(12 * members);
  const pairs = verdicts + 4 * members;
  // A field may be left for two reasons.
  const left = machine.allocate(8 * (fields.length + 1));
  const words = fields.flatMap(({ slot, index }) => [index.at, view.slotAddress(slot)]);
  const asked = writeWords(machine, [always.length, ...always]);
  const at = writeWords(machine, [
    stamps,
    candidates,
    left,
    keywords?.at ?? 0,
    asked,
    programs,
    verdicts,
    members,
    fields.length,
    ...words,
  ]);

  /** Goes on from a row that bytes did not answer; a rule is compiled when it is brought up first. */
  const answer = (member: number, open: number): boolean => {
    let row = open;
    if (row === 0) {
      const first = program(member);
      machine.words[(programs >> 2) + member] = first;
      row = machine.run.decide(first);
    }
    while (row > FAILS) {
      const next = compiler.answer(row) ? IF_TRUE : IF_FALSE;
      row = machine.run.decide(machine.words[(row >> 2) + next] as number);
    }
    return row === HOLDS;
  };

  return {
    at,
    left,
    indexes,
    verify(rules, found) {
      const open = machine.run.verify(at);
      const held = machine.run.heldCount();
      for (let i = 0; i < held; i++) addMatch(found, rules[machine.words[(verdicts >> 2) + i] as number] as number);
      for (let i = 0; i < open; i++) {
        const [member, row] = [machine.words[(pairs >> 2) + 2 * i] as number, machine.words[(pairs >> 2) + 2 * i + 1] as number];
        if (answer(member, row)) addMatch(found, rules[member] as number);
      }
    },
  };
}
