import type { Place } from '../shared/errors.ts';
import { assembleWhole, type Loaded, type Ruleset } from './assemble.ts';
import { readFileRules } from './file-rules.ts';
import type { LoadContext } from './front-end.ts';
import type { RuleId } from './ir/rule.ts';
import type { DocumentPath } from './problem.ts';
import type { RuleFile } from './yaml.ts';

export type { Loaded, Ruleset };

export type LoadedFiles = Loaded & {
  /** Where a part of a rule's document stands, or the nearest part above it; undefined: there is no such rule. */
  readonly placeOf: (id: RuleId, path: DocumentPath, what: 'key' | 'value') => Place | undefined;
};

/**
 * Reads all files, resolves references across them, compiles. Every problem of every file is reported, sorted by place; a
 * document with an error is left out, the others are rules. Pure and never throws.
 */
export function loadRules(files: readonly RuleFile[], options: Partial<LoadContext> = {}): LoadedFiles {
  const context: LoadContext = { ...options, placeholders: options.placeholders ?? {} };
  const { loaded, owners } = assembleWhole(files.map((file) => readFileRules(file, context)));
  return { ...loaded, placeOf: (id, path, what) => owners.get(id)?.document.placeOf(path, what) };
}
