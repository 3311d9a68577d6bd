import type { Binding, Coverage, Window } from './coverage.ts';
import type { History } from './history.ts';
import type { Measure } from './pack-schema.ts';
import type { Interval } from './series.ts';

/** Everything a measure may look at. */
export type Scene = {
  readonly history: History;
  readonly roles: ReadonlyMap<string, Binding>;
  /** Sources that must be whole for this measure. */
  readonly coverage: Coverage;
  readonly window: Window;
  readonly known: Interval;
  /** Time the ledger reaches, in ms. */
  readonly reachedMs: number;
};

export type Of<K extends Measure['kind']> = Extract<Measure, { kind: K }>;

export const roleOf = (scene: Scene, role: string): Binding | undefined => scene.roles.get(role);
export const namesOf = (scene: Scene): string[] => scene.coverage.sources.map(({ name }) => name);
