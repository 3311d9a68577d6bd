import { resolve } from 'node:path';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { readRegularFile } from '../shared/read-file.ts';
import type { Settings } from './settings.ts';

/** Values of placeholders by name; those that stand in a file are read: one value a line, blank lines and `#` left out. */
export function placeholderValues(placeholders: Settings['placeholders'], baseDir: string): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(placeholders).map(([name, values]) => [name, 'file' in values ? valuesIn(name, resolve(baseDir, values.file)) : values]),
  );
}

function valuesIn(name: string, file: string): readonly string[] {
  let text: string;
  try {
    text = readRegularFile(file).toString();
  } catch (error) {
    throw new WardlineError('settings', `placeholders.${name}: cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  const values = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (values.length === 0) throw new WardlineError('settings', `placeholders.${name}: ${file} holds no value; write one a line`);
  return values;
}
