import { type Nanos, parseIsoTime } from '../../event/time.ts';
import type { Place } from '../../shared/errors.ts';
import { isMap, type PlainMap, type SourceDocument } from '../document.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf } from './meta.ts';

/** Who answers for a filter, and when it is to be looked at again. */
export type GovernedFilter = {
  readonly title: string;
  readonly owner: string | undefined;
  readonly expires: Nanos | undefined;
  readonly place: Place;
};

/** A filter hides events as an exception does, so it is to say as much; Sigma has no keys for it, hence `wardline`. */
export function lintGovernance(map: PlainMap, report: ProblemReporter): void {
  const { owner, expires } = governanceOf(map);
  if (owner === undefined || owner.trim() === '')
    report.warn(
      ['wardline', 'owner'],
      'filter/no-owner',
      'nobody answers for this filter; write wardline: { owner: ... }, or use an exception',
    );
  if (expires === undefined)
    report.warn(
      ['wardline', 'expires'],
      'filter/no-expiry',
      'nobody is asked to look at this filter again; write wardline: { expires: 2027-02-01 }',
    );
  else if (timeOf(expires) === undefined)
    report.error(['wardline', 'expires'], 'filter/expires', `"${expires}" is no time; write 2026-11-20 or 2026-11-20T08:00:00Z`);
}

export function governedFilter(document: SourceDocument): GovernedFilter {
  const map = document.value as PlainMap;
  const { owner, expires } = governanceOf(map);
  return {
    title: textOf(map['title']) ?? 'this filter',
    owner,
    expires: expires === undefined ? undefined : timeOf(expires),
    place: document.placeOf(['wardline', 'expires']),
  };
}

function governanceOf(map: PlainMap): { readonly owner: string | undefined; readonly expires: string | undefined } {
  const { wardline } = map;
  return isMap(wardline)
    ? { owner: textOf(wardline['owner']), expires: textOf(wardline['expires']) }
    : { owner: undefined, expires: undefined };
}

const timeOf = (text: string): Nanos | undefined => parseIsoTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)?.time;
