import { basename } from 'node:path';
import type { Rule } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import { WardlineError } from '../shared/errors.ts';
import { nearest } from '../shared/nearest.ts';

/** A rule by its id, name, title or the name of its file; throws `usage` with the nearest name. */
export function ruleNamed({ byId }: Pick<Ruleset, 'byId'>, name: string): Rule {
  const all = [...byId.values()];
  const found =
    byId.get(name) ??
    all.find(({ meta }) => meta.name === name) ??
    all.find(({ meta }) => meta.title === name || basename(meta.place.file).replace(/\.\w+$/, '') === name);
  if (found !== undefined) return found;
  const close = nearest(
    name,
    all.flatMap(({ id, meta }) => [id, meta.name ?? id]),
  );
  throw new WardlineError('usage', `there is no rule "${name}"${close === undefined ? '' : `; did you mean "${close}"?`}`);
}
