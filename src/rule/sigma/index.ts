import { isMap, type Plain, type PlainMap } from '../document.ts';
import type { FrontEnd } from '../front-end.ts';
import { readCorrelation } from './correlation.ts';
import { readDetection } from './detection.ts';
import { readFilter } from './filter.ts';
import { warnNearKeys } from './known-keys.ts';

const KINDS = ['detection', 'correlation', 'filter'] as const;

const kindsOf = (map: PlainMap): readonly (typeof KINDS)[number][] => KINDS.filter((kind) => Object.hasOwn(map, kind));

/** Sigma detections, correlations and filters (specification 2.1). */
export const sigma: FrontEnd = {
  name: 'sigma',
  recognizes: (value: Plain) =>
    isMap(value) && (kindsOf(value).length > 0 || Object.hasOwn(value, 'logsource') || Object.hasOwn(value, 'action')),
  read(document, report, load) {
    const map = document.value as PlainMap;
    if (Object.hasOwn(map, 'action')) {
      report.error(
        ['action'],
        'sigma/collection',
        'collections with action are of Sigma 1; split the file into whole documents',
        undefined,
        'key',
      );
      return [];
    }
    const kinds = kindsOf(map);
    if (kinds.length !== 1) {
      report.error(
        [],
        'sigma/kind',
        kinds.length === 0
          ? 'the document has no detection, correlation or filter'
          : `the document is ${kinds.join(' and ')} at once; split it`,
      );
      return [];
    }
    warnNearKeys(map, report);
    if (kinds[0] === 'detection') return readDetection(document, map, report, load);
    return kinds[0] === 'correlation' ? readCorrelation(document, map, report, load) : readFilter(document, map, report, load);
  },
};
