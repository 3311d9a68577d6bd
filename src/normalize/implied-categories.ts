import type { RouteLabel } from '../event/event.ts';

/** Services whose public rules also name a category: everything of the service is of that category. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  'kubernetes/audit': ['application'],
  'paloalto/globalprotect': ['appliance', 'file_event'],
};

/** Labels with the categories their product and service imply. */
export function withImpliedCategories(labels: readonly RouteLabel[]): readonly RouteLabel[] {
  return labels.flatMap((label) => {
    const categories = label.category === undefined ? IMPLIED[`${label.product}/${label.service}`] : undefined;
    return categories === undefined ? [label] : categories.map((category) => ({ ...label, category }));
  });
}
