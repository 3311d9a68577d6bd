import { expect, test } from 'vitest';
import { type HashKey, hashKeyOf, hashOf } from '../../../src/correlate/sketches/keyed-hash.ts';

/** Key 00 01 .. 07, input 00 01 02 ..: the 64-bit results that the reference implementation of HalfSipHash-2-4 publishes, by length of the input. */
const KEY: HashKey = [0x03020100, 0x07060504];
const VECTORS: Readonly<Record<number, string>> = {
  0: '218d1f59b9b83cc8',
  2: '064f39ef7c50eb57',
  4: 'd5e78a175be52ea1',
  6: 'ce3e91358aa2bc25',
  8: 'edfee820bce4858c',
  30: '291aaf864898179d',
  62: 'f90b3ab572d46693',
};

test.each(Object.entries(VECTORS))('an input of %s bytes has the bits of the reference', (length, result) => {
  const text = Buffer.from(Uint8Array.from({ length: Number(length) }, (_, i) => i)).toString('utf16le');
  // Its two words one after the other, the lower byte of each first.
  const bytes = Buffer.from(result, 'hex');
  const expected = (BigInt(bytes.readUInt32LE(4)) << 32n) | BigInt(bytes.readUInt32LE(0));
  expect(BigInt(hashOf(text, KEY))).toBe(expected >> 11n);
});

test('odd lengths, code units beyond a byte and lone surrogates are told apart', () => {
  const texts = [
    '',
    '\0',
    '\0\0',
    '\0\0\0',
    'a',
    'a\0',
    'ab',
    'abc',
    '\u0161',
    '\ud800',
    '\udc00',
    '\ufffd',
    'x'.repeat(128),
    'x'.repeat(256),
  ];
  expect(new Set(texts.map((text) => hashOf(text, KEY))).size).toBe(texts.length);
});

test('each rule has a key of its own, the same in every run', () => {
  expect(hashKeyOf('one')).toEqual(hashKeyOf('one'));
  expect(hashOf('x', hashKeyOf('one'))).not.toBe(hashOf('x', hashKeyOf('other')));
});
