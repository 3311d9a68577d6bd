import { COLUMNS_HEADER, headText, MOST_HEAD_BYTES, readColumns } from '../../decode/columns.ts';
import type { PartitionRegister } from '../register.ts';

/** Lines of a file that say what its columns are, one behind the other, each with where it begins. */
type Head = readonly (readonly [offset: bigint, text: string])[];

/** What every record of a line gets from the head of its file. */
export type Headers = ReadonlyMap<string, string>;

const NONE: Headers = new Map();
/** Heads that are remembered of a file; one comes with every start of its writer. */
const MOST_HEADS = 4;

/** Follows the heads of one file: which is in force for a line depends on the lines before it alone. */
export type Heads = { next(offset: bigint, line: Uint8Array): Headers };

/** Heads are kept under the file's number, so that reading goes on in the middle of the file with the one in force there. */
export function createHeads(register: PartitionRegister): (number: number) => Heads {
  const files = new Map<number, Heads>();
  const known = register.marks();
  return (number) => {
    let heads = files.get(number);
    if (heads === undefined) {
      heads = followHeads(parse(known.get(number)), (all) => register.mark(number, write(all)));
      files.set(number, heads);
    }
    return heads;
  };
}

function followHeads(before: readonly Head[], note: (heads: readonly Head[]) => void): Heads {
  let heads = before;
  let block: Head | undefined;
  let begun = false;
  let headers = NONE;
  const use = (head: Head): void => {
    const text = head.map(([, line]) => line).join('\n');
    if (readColumns(text) !== undefined && headers.get(COLUMNS_HEADER) !== text) headers = new Map([[COLUMNS_HEADER, text]]);
  };
  /** What was noted of lines that come again after a crash is noted again. */
  const begin = (offset: bigint): void => {
    begun = true;
    heads = heads.map((head) => head.filter(([at]) => at < offset)).filter((head) => head.length > 0);
    for (const head of heads) use(head);
    const last = heads.at(-1);
    if (last !== undefined && isBehind(last, offset)) block = last;
  };
  return {
    next(offset, line) {
      if (!begun) begin(offset);
      const text = headText(offset, line);
      if (text === undefined) {
        block = undefined;
        return headers;
      }
      const head: Head = [...(block ?? []), [offset, text]];
      if (sizeOf(head) > MOST_HEAD_BYTES) return headers;
      block = head;
      use(head);
      heads = [...heads.filter(([first]) => first?.[0] !== head[0]?.[0]), head].slice(-MOST_HEADS);
      note(heads);
      return headers;
    },
  };
}

const sizeOf = (head: Head): number => head.reduce((sum, [, text]) => sum + text.length, 0);

/** Does a line that begins at an offset stand right behind the last line of a head, whatever its line break? */
function isBehind(head: Head, offset: bigint): boolean {
  const [at, text] = head.at(-1) ?? [0n, ''];
  const length = BigInt(Buffer.byteLength(text));
  return offset - at === length + 1n || offset - at === length + 2n;
}

const write = (heads: readonly Head[]): string => JSON.stringify(heads.map((head) => head.map(([at, text]) => [String(at), text])));

function parse(text: string | undefined): readonly Head[] {
  if (text === undefined) return [];
  return (JSON.parse(text) as [string, string][][]).map((head) => head.map(([at, line]) => [BigInt(at), line] as const));
}
