import type { Logsource, Route, RouteLabel } from '../event/event.ts';
import type { FieldSource } from '../event/field-source.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { JsonValue } from '../shared/json.ts';
import { ECS_FALLBACK } from './ecs-fallback.ts';
import { type Discriminants, entryOf, type Format, firstOf, path } from './format.ts';
import { withImpliedCategories } from './implied-categories.ts';

/** Discriminating values are attacker-writable: past this many routes per format, further ones share one without constants. */
const MAX_ROUTES = 2048;

/** The setting `logsource`. */
export type LogsourceRouting = { readonly unknown: 'none' | 'all' };

/** The one list of routes of a process: equal routes are one object with one dense id. */
export type RouteTable = { find(format: Format, values: Discriminants, override: Logsource | undefined): Route };

/** `unknown`: which rules see events that no log source is known of. */
export function createRouteTable({ unknown }: LogsourceRouting = { unknown: 'none' }): RouteTable {
  const byFormat = new Map<string, Map<string, Route>>();
  let next = 0;
  return {
    find(format, values, override) {
      const group = override === undefined ? format.name : `${format.name} ${canonicalJson({ ...override })}`;
      let routes = byFormat.get(group);
      if (routes === undefined) byFormat.set(group, (routes = new Map()));
      let key = keyOf(values);
      let route = routes.get(key);
      if (route !== undefined) return route;
      const routing = format.route(values);
      const full = routes.size >= MAX_ROUTES;
      if (full) {
        key = `overflow ${canonicalJson(routing.labels.map((label) => ({ ...label }) as Record<string, JsonValue>))}`;
        route = routes.get(key);
        if (route !== undefined) return route;
      }
      const labels = withImpliedCategories(override === undefined ? routing.labels : [override]);
      route = createRoute(next++, format, labels, full ? {} : routing.known, unknown);
      routes.set(key, route);
      return route;
    },
  };
}

function keyOf(values: Discriminants): string {
  let key = '';
  for (const value of values)
    key += value === undefined ? '\u0001' : `${typeof value}:${typeof value === 'object' ? JSON.stringify(value) : value}\u0002`;
  return key;
}

function createRoute(
  id: number,
  format: Format,
  labels: readonly RouteLabel[],
  known: Readonly<Record<string, JsonValue>>,
  unknown: LogsourceRouting['unknown'],
): Route {
  return {
    id,
    format: format.name,
    labels,
    ...(unknown === 'all' && labels.length === 0 ? { everyLogsource: true } : {}),
    known: new Map(Object.entries(known)),
    source: (field, label) => sourceOf(format, field, label),
  };
}

/**
 * The order of look-up: the vendor's field, the key as written or its dotted path in the original, the alias of the log
 * source, the format's ECS table, the ECS name a Sigma field usually has. The first that is present wins.
 */
function sourceOf(format: Format, field: string, label: RouteLabel | undefined): FieldSource {
  const found: FieldSource[] = [];
  const vendor = format.vendor?.(field);
  if (vendor !== undefined) found.push(vendor);
  found.push(path(field));
  const alias = label?.aliases === undefined ? undefined : entryOf(label.aliases, field);
  if (alias !== undefined) found.push(format.vendor?.(alias) ?? path(alias), path(alias));
  if (Object.hasOwn(format.fields, field)) found.push(format.fields[field] as FieldSource);
  if (format.parts !== undefined && Object.hasOwn(format.parts, field)) found.push(format.parts[field] as FieldSource);
  const ecs = ECS_FALLBACK.get(field);
  if (ecs !== undefined) found.push(format.fields[ecs] ?? path(ecs), path(ecs));
  return found.length === 1 ? (found[0] as FieldSource) : firstOf(...found);
}
