import type { ProblemReporter } from '../rule/problem.ts';
import { isObject, type JsonValue } from '../shared/json.ts';
import { nearest } from '../shared/nearest.ts';
import type { ControlPack } from './control-pack.ts';
import type { Measure, Objective, PackDocument, Profile, Quantity } from './pack-schema.ts';

/** What a schema cannot say: names that must exist, limits that must fit together. */
export function lintPack(pack: PackDocument, report: ProblemReporter): void {
  const roles = new Set(pack.sources.map(({ id }) => id));
  const measures = new Map(pack.measures.map((measure) => [measure.id, measure]));
  lintUnique(pack, report);
  for (const [i, measure] of pack.measures.entries()) lintMeasure(measure, ['measures', i], pack, roles, report);
  for (const role of pack.defaults.needs?.sources ?? []) known(role, roles, ['defaults', 'needs', 'sources'], 'source', report);
  lintObjectives(pack, measures, report);
  lintWhole(pack, report);
  for (const [i, map] of pack.maps.entries()) {
    for (const [m, id] of map.methods.entries()) known(id, new Set(measures.keys()), ['maps', i, 'methods', m], 'measure', report);
  }
}

type Path = readonly (string | number)[];

const KNOWN = { source: 'pack/source', measure: 'pack/measure' } as const;

function known(id: string, ids: ReadonlySet<string>, path: Path, what: keyof typeof KNOWN, report: ProblemReporter): void {
  if (ids.has(id)) return;
  const close = nearest(id, [...ids]);
  report.error(path, KNOWN[what], `no ${what} "${id}" in this pack${close === undefined ? '' : `; did you mean "${close}"?`}`);
}

function lintUnique(pack: PackDocument, report: ProblemReporter): void {
  for (const [list, items] of [
    ['sources', pack.sources],
    ['measures', pack.measures],
  ] as const) {
    const seen = new Set<string>();
    for (const [i, { id }] of items.entries()) {
      if (seen.has(id)) report.error([list, i, 'id'], 'pack/duplicate', `"${id}" is there twice`);
      seen.add(id);
    }
  }
}

/** The source roles a quantity is counted over. */
export function rolesOfQuantity(quantity: Quantity): string[] {
  return Object.entries(quantity).flatMap(([key, value]) => (key !== 'type' && typeof value === 'string' ? [value] : []));
}

/** The source roles a measure reads, whether or not it says it needs them. */
export function rolesOfMeasure(measure: Measure): string[] {
  switch (measure.kind) {
    case 'presence':
    case 'continuity':
    case 'content':
      return [measure.source];
    case 'count':
    case 'absence':
      return [...rolesOfQuantity(measure.of), ...(measure.population === undefined ? [] : rolesOfQuantity(measure.population))];
    case 'ratio':
      return [...rolesOfQuantity(measure.num), ...rolesOfQuantity(measure.den)];
    default:
      return [];
  }
}

function lintMeasure(measure: Measure, path: Path, pack: PackDocument, roles: ReadonlySet<string>, report: ProblemReporter): void {
  for (const role of rolesOfMeasure(measure)) known(role, roles, path, 'source', report);
  for (const role of measure.needs?.sources ?? []) known(role, roles, [...path, 'needs', 'sources'], 'source', report);
  if (measure.kind === 'count' && measure.max === undefined && measure.min === undefined) {
    report.error(path, 'pack/limit', 'a count needs max or min');
  }
  const reads = [...rolesOfMeasure(measure), ...(measure.needs?.sources ?? pack.defaults.needs?.sources ?? [])];
  const wholePipeline = ['integrity', 'attestation', 'canary'].includes(measure.kind);
  if (!wholePipeline && reads.length === 0) {
    report.error(path, 'pack/denominator', 'over which sources? Say so in needs.sources, here or in defaults');
  }
}

function lintObjectives(pack: PackDocument, measures: ReadonlyMap<string, Measure>, report: ProblemReporter): void {
  const ids = new Set(measures.keys());
  for (const [control, { objectives }] of Object.entries(pack.controls)) {
    for (const [id, objective] of Object.entries(objectives)) {
      const path = ['controls', control, 'objectives', id];
      if (!id.startsWith(`${control}_obj`)) report.error(path, 'pack/objective', `"${id}" is no objective of "${control}"`);
      for (const measure of [...decidingMeasures(objective), ...(objective.guards ?? [])]) known(measure, ids, path, 'measure', report);
      lintObjective(objective, path, report);
    }
  }
}

/** A listed whole has every control the pack speaks about, and as many as the scope says; a stage has an objective. */
function lintWhole({ baseline, controls, scope, stages }: PackDocument, report: ProblemReporter): void {
  const covered = Object.values(controls).reduce((n, { objectives }) => n + Object.keys(objectives).length, 0);
  if (covered > scope.objectives)
    report.error(
      ['scope', 'objectives'],
      'pack/baseline',
      `the scope says ${scope.objectives} objectives, the pack has ${covered} of them`,
    );
  if (baseline !== undefined) {
    for (const id of Object.keys(controls))
      if (!Object.hasOwn(baseline, id)) report.error(['controls', id], 'pack/baseline', `"${id}" is not in the baseline of this pack`);
    const listed = Object.keys(baseline).length;
    if (listed !== scope.controls)
      report.error(['scope', 'controls'], 'pack/baseline', `the scope says ${scope.controls} controls, the baseline lists ${listed}`);
  }
  for (const stage of stages ?? []) {
    const known = Object.values(controls).some(({ objectives }) => Object.keys(objectives).some((id) => id.endsWith(`.${stage}`)));
    if (!known) report.error(['stages'], 'pack/stage', `no objective ends in ".${stage}"`);
  }
}

/** The measures that decide an objective, guards apart. */
export function decidingMeasures(objective: Objective): readonly string[] {
  return [...(objective.all ?? []), ...(objective.any ?? []), ...(objective.k_of?.of ?? [])];
}

function lintObjective(objective: Objective, path: Path, report: ProblemReporter): void {
  if (objective.frequency > objective.valid_for) report.error(path, 'pack/frequency', 'valid_for is shorter than frequency');
  if (objective.k_of !== undefined && objective.k_of.k > objective.k_of.of.length) {
    report.error([...path, 'k_of'], 'pack/limit', `k is ${objective.k_of.k}, there are ${objective.k_of.of.length} measures`);
  }
  if (decidingMeasures(objective).length === 0 && objective.strength !== 'manual-only') {
    report.error(path, 'pack/undecidable', 'no measure decides it: say strength manual-only');
  }
}

/**
 * Names of a profile that the pack does not have. One profile may serve several packs, so they are warnings; but a
 * mistyped one leaves a role unbound or a parameter at the pack's value.
 */
export function lintProfile(profile: Profile, pack: ControlPack, report: ProblemReporter): void {
  const objectives = Object.values(pack.controls).flatMap((control) => Object.keys(control.objectives));
  const lists = [
    [Object.keys(profile.parameters), ['parameters'], 'parameter', [...Object.keys(pack.parameters), ...parameterNames(pack.document)]],
    [Object.keys(profile.sources), ['sources'], 'source role', pack.sources.map(({ id }) => id)],
  ] as const;
  const warn = (path: Path, what: string, name: string, known: readonly string[]): void => {
    if (known.includes(name)) return;
    const close = nearest(name, known);
    const hint = close === undefined ? '' : `; did you mean "${close}"?`;
    report.warn(path, 'profile/unknown', `the pack ${pack.id} has no ${what} "${name}"${hint}`);
  };
  for (const [names, path, what, known] of lists) for (const name of names) warn([...path, name], what, name, known);
  for (const [i, { objective }] of profile.overlays.entries()) warn(['overlays', i, 'objective'], 'objective', objective, objectives);
}

/** Every `$name` that a measure reads. */
function parameterNames(document: JsonValue): readonly string[] {
  if (typeof document === 'string') return document.startsWith('$') ? [document.slice(1)] : [];
  if (Array.isArray(document)) return document.flatMap((item) => parameterNames(item as JsonValue));
  return isObject(document) ? Object.values(document).flatMap(parameterNames) : [];
}
