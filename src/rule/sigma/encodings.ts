/** Text as bytes in the encodings that Windows commands are hidden in. */
export type Charset = 'utf8' | 'utf16le' | 'utf16be' | 'utf16';

export function bytesOf(text: string, charset: Charset): Buffer {
  if (charset === 'utf8') return Buffer.from(text, 'utf8');
  const little = Buffer.from(text, 'utf16le');
  if (charset === 'utf16be') return little.swap16();
  return charset === 'utf16' ? Buffer.concat([Buffer.from([0xff, 0xfe]), little]) : little;
}

/**
 * What every base64 text that holds these bytes must contain, for the three places they can start at in a group of
 * three: characters that also depend on the neighbouring bytes are cut off. Lengths count bytes. Empty forms are left out.
 */
export function base64Offsets(bytes: Buffer): readonly string[] {
  const forms: string[] = [];
  for (const [offset, cutStart] of [
    [0, 0],
    [1, 2],
    [2, 3],
  ] as const) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const cutEnd = [0, 3, 2][(bytes.length + offset) % 3] as number;
    const form = encoded.slice(cutStart, encoded.length - cutEnd);
    if (form !== '') forms.push(form);
  }
  return forms;
}
