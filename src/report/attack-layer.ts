import { z } from 'zod';
import { threatOf } from '../alert/attack.ts';
import type { Rule } from '../rule/ir/rule.ts';

/** A layer of the MITRE ATT&CK Navigator, file format 4.5: techniques with how many rules look for them. */
export const layerSchema = z.looseObject({
  name: z.string(),
  versions: z.looseObject({ layer: z.string(), navigator: z.string().optional(), attack: z.string().optional() }),
  domain: z.literal('enterprise-attack'),
  techniques: z.array(
    z.looseObject({ techniqueID: z.string().regex(/^T\d{4}(?:\.\d{3})?$/), score: z.number().optional(), comment: z.string().optional() }),
  ),
});
export type Layer = z.infer<typeof layerSchema>;

/** Techniques and sub-techniques by id, as tags name them, with the titles of the rules that look for them. */
export function techniquesOf(rules: Iterable<Rule>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { meta } of rules)
    for (const id of new Set(meta.tags.flatMap((tag) => /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase() ?? [])))
      found.set(id, [...(found.get(id) ?? []), meta.title]);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Tactics by id with how many rules name them. */
export function tacticsOf(rules: Iterable<Rule>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { meta } of rules) {
    const tactic = threatOf(meta.tags)?.tactic;
    tactic?.id.forEach((id, i) => {
      const name = `${id} ${tactic.name[i] ?? ''}`.trim();
      found.set(name, (found.get(name) ?? 0) + 1);
    });
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const MAX_COMMENT_RULES = 20;

export function layerOf(techniques: ReadonlyMap<string, readonly string[]>, name: string, description: string): Layer {
  const most = Math.max(1, ...[...techniques.values()].map((rules) => rules.length));
  return {
    name,
    versions: { attack: '17', navigator: '5.1.0', layer: '4.5' },
    domain: 'enterprise-attack',
    description,
    sorting: 3,
    hideDisabled: false,
    techniques: [...techniques].map(([techniqueID, rules]) => ({
      techniqueID,
      score: rules.length,
      comment: [
        ...rules.slice(0, MAX_COMMENT_RULES),
        ...(rules.length > MAX_COMMENT_RULES ? [`and ${rules.length - MAX_COMMENT_RULES} more`] : []),
      ].join('\n'),
      enabled: true,
      showSubtechniques: techniqueID.includes('.'),
    })),
    gradient: { colors: ['#e8f1fa', '#1b5e9b'], minValue: 0, maxValue: most },
    legendItems: [],
    showTacticRowBackground: false,
    selectTechniquesAcrossTactics: true,
    selectSubtechniquesWithParent: false,
  };
}

/** What another layer looks for and this one does not, and the other way. */
export function layerChanges(
  techniques: ReadonlyMap<string, readonly string[]>,
  other: Layer,
): { readonly gained: readonly string[]; readonly lost: readonly string[] } {
  const before = new Set(other.techniques.filter(({ score }) => score !== 0).map(({ techniqueID }) => techniqueID));
  return { gained: [...techniques.keys()].filter((id) => !before.has(id)), lost: [...before].filter((id) => !techniques.has(id)).sort() };
}
