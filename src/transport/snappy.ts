import { WardlineError } from '../shared/errors.ts';

/** Three bytes of a block stand for at most 64: a few that claim more are refused before room is made for them. */
const MAX_RATIO = 22;

const damaged = (what: string): WardlineError => new WardlineError('source', `a snappy block is damaged: ${what}`);

/**
 * Unpacks one raw block (snappy format description, 2011). Every step takes bytes and stays within both buffers; throws
 * WardlineError for anything else. Packages for it go round in circles on lengths beyond 2^31.
 */
export function unsnap(block: Uint8Array, most: number): Buffer {
  let at = 0;
  const next = (count: number): number => {
    if (at + count > block.length) throw damaged('it ends early');
    let value = 0;
    for (let i = 0; i < count; i++) value += (block[at++] as number) * 256 ** i;
    return value;
  };
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = next(1);
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
    if (shift >= 28) throw damaged('its length has more than 32 bits');
  }
  if (size > most || size > 64 + block.length * MAX_RATIO) throw damaged(`it claims ${size} bytes`);
  const out = Buffer.alloc(size);
  let to = 0;
  while (at < block.length) {
    const tag = next(1);
    const kind = tag & 3;
    const short = tag >>> 2;
    if (kind === 0) {
      const length = (short < 60 ? short : next(short - 59)) + 1;
      if (length > size - to || length > block.length - at) throw damaged('a literal goes beyond it');
      out.set(block.subarray(at, at + length), to);
      at += length;
      to += length;
    } else {
      const length = kind === 1 ? (short & 7) + 4 : short + 1;
      const offset = kind === 1 ? (tag >>> 5) * 256 + next(1) : next(kind === 2 ? 2 : 4);
      if (offset === 0 || offset > to || length > size - to) throw damaged('a copy goes beyond it');
      for (let i = 0; i < length; i++, to++) out[to] = out[to - offset] as number;
    }
  }
  if (to !== size) throw damaged(`it has ${to} bytes and claims ${size}`);
  return out;
}

const MAX_LITERAL = 65_536;

/** Packs without looking for repetitions: the form alone is what a reader needs. */
export function snap(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  const head: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) head.push((rest % 128) | 0x80);
  parts.push(Uint8Array.of(...head, rest));
  for (let at = 0; at < bytes.length; at += MAX_LITERAL) {
    const part = bytes.subarray(at, at + MAX_LITERAL);
    const last = part.length - 1;
    parts.push(last < 60 ? Uint8Array.of(last << 2) : Uint8Array.of(61 << 2, last & 0xff, last >>> 8), part);
  }
  return Buffer.concat(parts);
}
