import { assemble, type Loaded, type Ruleset } from './assemble.ts';
import { readFileRules } from './file-rules.ts';
import type { LoadContext } from './front-end.ts';
import type { RuleFile } from './yaml.ts';

export type { Loaded, Ruleset };

/**
 * Reads all files, resolves references across them, compiles. Every problem of every file is reported, sorted by place; a
 * document with an error is left out, the others are rules. Pure and never throws.
 */
export function loadRules(files: readonly RuleFile[], options: Partial<LoadContext> = {}): Loaded {
  const context: LoadContext = { ...options, placeholders: options.placeholders ?? {} };
  return assemble(files.map((file) => readFileRules(file, context)));
}
