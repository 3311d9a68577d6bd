import type { Labels } from './labels.ts';
import { compileMatchers, type Matches } from './matcher.ts';
import type { RouteSettings } from './settings.ts';

/** A node of the route tree with everything it takes over from the nodes above. */
export type Route = {
  /** Matchers from the root to here; names the route in group keys and explanations. */
  readonly path: string;
  readonly receiver: string;
  /** Undefined: every alert is a group of its own. */
  readonly groupBy: readonly string[] | undefined;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly mute: readonly string[];
  readonly active: readonly string[];
  readonly continues: boolean;
  readonly matches: Matches;
  readonly routes: readonly Route[];
};

const DEFAULTS = { groupBy: [], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 } as const;

/** Compiles a tree; a child takes over what it does not say, but for matchers and time intervals. */
export function compileRoute(node: RouteSettings, parent?: Route, place = 0): Route {
  const own = `{${node.matchers.map(({ text }) => text).join(',')}}`;
  const groupBy =
    node.groupBy === undefined
      ? parent === undefined
        ? DEFAULTS.groupBy
        : parent.groupBy
      : node.groupBy.includes('...')
        ? undefined
        : node.groupBy;
  const base: Omit<Route, 'routes'> = {
    path: parent === undefined ? own : `${parent.path}/${place}${own}`,
    receiver: node.receiver ?? parent?.receiver ?? '',
    groupBy,
    groupWaitMs: node.groupWait ?? parent?.groupWaitMs ?? DEFAULTS.groupWaitMs,
    groupIntervalMs: node.groupInterval ?? parent?.groupIntervalMs ?? DEFAULTS.groupIntervalMs,
    repeatIntervalMs: node.repeatInterval ?? parent?.repeatIntervalMs ?? DEFAULTS.repeatIntervalMs,
    mute: node.muteTimeIntervals,
    active: node.activeTimeIntervals,
    continues: node.continue,
    matches: compileMatchers(node.matchers),
  };
  return { ...base, routes: node.routes.map((child, i) => compileRoute(child, { ...base, routes: [] }, i)) };
}

/** The routes of an alert: the deepest that match, left to right; a match ends the search unless it says `continue`. */
export function routesFor(route: Route, labels: Labels): readonly Route[] {
  if (!route.matches(labels)) return [];
  const found: Route[] = [];
  for (const child of route.routes) {
    const below = routesFor(child, labels);
    found.push(...below);
    if (below.length > 0 && !child.continues) break;
  }
  return found.length === 0 ? [route] : found;
}

/** All nodes of a tree by path. */
export function routesByPath(route: Route): ReadonlyMap<string, Route> {
  return new Map([[route.path, route], ...route.routes.flatMap((child) => [...routesByPath(child)])]);
}
