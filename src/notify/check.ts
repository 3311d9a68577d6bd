import type { NotifySettings, RouteSettings } from './settings.ts';

/** A thing that is wrong with routes as a whole, at a path below `notify`. */
export type NotifyFault = { readonly path: readonly (string | number)[]; readonly message: string };

/** What the schema of the parts cannot say: names must be those of sinks and intervals, the root takes every alert. */
export function checkNotify({ route, timeIntervals, silences }: NotifySettings, sinks: readonly string[]): readonly NotifyFault[] {
  const faults: NotifyFault[] = [];
  if (route.receiver === undefined)
    faults.push({ path: ['route'], message: 'the root route needs a receiver: it takes what no other route does' });
  if (route.matchers.length > 0)
    faults.push({ path: ['route', 'matchers'], message: 'the root route takes every alert and has no matchers' });
  const known = new Set(sinks);
  const intervals = new Set(timeIntervals.map(({ name }) => name));
  const walk = (node: RouteSettings, path: readonly (string | number)[]): void => {
    if (node.receiver !== undefined && !known.has(node.receiver))
      faults.push({
        path: [...path, 'receiver'],
        message: `there is no sink "${node.receiver}"; known: ${[...known].join(', ') || 'none'}`,
      });
    for (const key of ['muteTimeIntervals', 'activeTimeIntervals'] as const)
      node[key].forEach((name, i) => {
        if (!intervals.has(name)) faults.push({ path: [...path, key, i], message: `there is no time interval "${name}"` });
      });
    if (node.groupInterval === 0) faults.push({ path: [...path, 'groupInterval'], message: 'groupInterval is longer than nothing' });
    for (const [i, child] of node.routes.entries()) walk(child, [...path, 'routes', i]);
  };
  walk(route, ['route']);
  const seen = new Set<string>();
  silences.forEach(({ id }, i) => {
    if (seen.has(id)) faults.push({ path: ['silences', i, 'id'], message: `the silence "${id}" is there twice` });
    seen.add(id);
  });
  return faults;
}
