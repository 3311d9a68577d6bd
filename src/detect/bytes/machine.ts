import { MACHINE_CODE } from './machine-code.ts';

/** What the compiled part offers (assembly/index.ts); addresses and sizes are in bytes. */
type Functions = {
  readonly setConstants: () => void;
  readonly setKeys: (slots: number, size: number) => void;
  readonly hashKey: (from: number, to: number) => number;
  readonly firstSlot: (node: number, hash: number) => number;
  readonly loadEntry: (node: number, hash: number, from: number, to: number) => number;
  readonly resolveEscapes: (from: number, to: number, out: number) => number;
  readonly stepEdge: (hash: number, word: number) => number;
  readonly fire: (rules: number) => void;
  readonly candidateCount: () => number;
  /** True, as a number, if the text may be a number that the machine does not read. */
  readonly scanIndex: (index: number, from: number, to: number) => number;
  readonly scanGroup: (group: number, generation: number, line: number, length: number, lower: number) => number;
  readonly setPlaces: (kinds: number, starts: number, ends: number, places: number) => void;
  readonly setSeenKeys: (table: number) => void;
  readonly setStack: (nodes: number, places: number, objects: number, maxDepth: number) => void;
  /** Asks what was brought up: how many rules are left to answer (assembly/programs.ts). */
  readonly verify: (group: number) => number;
  readonly heldCount: () => number;
  /** 1 true, 2 false, or the row that is left to answer. */
  readonly decide: (row: number) => number;
  /** A route kept, -1 or -2 - format: assembly/routes.ts. */
  readonly findRoute: (router: number, line: number) => number;
  readonly keepRoute: (router: number, route: number) => number;
  readonly tokenize: (from: number, length: number) => number;
};

const PAGE = 64 * 1024;
/** Address 0 stands for nothing, constants come before this one (assembly/constants.ts). */
const FIRST = 112;
const FIRST_PAGES = 16;
const MOST_BYTES = 2 ** 31 - PAGE;

let compiled: WebAssembly.Module | undefined;

/**
 * The part of the matcher that sees every byte, with a memory of its own. What is allocated stays until the whole machine is
 * dropped with its matcher. `bytes` and `words` are all of the memory; growing replaces them, so nobody may keep them.
 */
export class Machine {
  readonly run: Functions;
  /** Room to ask whether any literal of an index is there. */
  readonly scratch: number;
  bytes: Buffer;
  words: Int32Array;
  readonly #memory: WebAssembly.Memory;
  readonly #views: (() => void)[] = [];
  #free = FIRST;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(MACHINE_CODE, 'base64'));
    this.#memory = new WebAssembly.Memory({ initial: FIRST_PAGES });
    this.run = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } }).exports as Functions;
    this.run.setConstants();
    this.bytes = Buffer.from(this.#memory.buffer);
    this.words = new Int32Array(this.#memory.buffer);
    this.scratch = this.allocate(16);
  }

  /** Address of so many zero bytes, a multiple of 16. Throws RangeError where there is no room: a wrong address would lose matches. */
  allocate(size: number): number {
    const address = this.#free;
    const next = Math.ceil((address + size) / 16) * 16;
    // Addresses are words of 32 bits with a sign on this side.
    if (next > MOST_BYTES) throw new RangeError(`the matcher needs more than ${MOST_BYTES} bytes`);
    const missing = next - this.bytes.length;
    if (missing > 0) {
      // In large steps, since every step makes the views anew.
      this.#memory.grow(Math.ceil(Math.max(missing, this.bytes.length / 2) / PAGE));
      this.bytes = Buffer.from(this.#memory.buffer);
      this.words = new Int32Array(this.#memory.buffer);
      for (const view of this.#views) view();
    }
    this.#free = next;
    return address;
  }

  /** Runs whenever the memory has moved. */
  whenGrown(view: () => void): void {
    this.#views.push(view);
  }
}
