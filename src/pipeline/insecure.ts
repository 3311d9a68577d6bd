import type { Settings } from '../config/settings.ts';

/** Connections whose protection was switched off by `insecure: true`: where, as a user finds it in the settings. */
export function insecureParts(settings: Settings): readonly string[] {
  return walk(settings, '');
}

function walk(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry, i) => walk(entry, `${path}[${nameOf(entry) ?? i}]`));
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'insecure' && inner === true) return [path === '' ? key : path];
    return walk(inner, path === '' ? key : `${path}.${key}`);
  });
}

function nameOf(value: unknown): string | undefined {
  const name = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined;
  return typeof name === 'string' ? name : undefined;
}
