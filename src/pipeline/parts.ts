import { alertDocument, episodeOf } from '../alert/document.ts';
import type { Settings } from '../config/settings.ts';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS, restoreCorrelator } from '../correlate/correlator.ts';
import { fieldsNeeded } from '../correlate/plans.ts';
import { DEFAULT_LIMITS } from '../decode/decode.ts';
import { createByteMatcher } from '../detect/bytes/byte-matcher.ts';
import { createConfirm } from '../detect/confirm.ts';
import { createExceptions } from '../detect/exceptions.ts';
import { createFilters, withoutFilters } from '../detect/filters.ts';
import { createMatcher } from '../detect/matcher.ts';
import type { Enrichment } from '../event/enrichment.ts';
import { createNormalizer, type Normalizer } from '../normalize/normalizer.ts';
import { createRedactor } from '../normalize/redact.ts';
import { createRouteTable } from '../normalize/routes.ts';
import type { Rule } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import { given } from '../shared/given.ts';
import { VERSION } from '../shared/version.ts';
import type { RulesetParts } from './engine.ts';
import { createIngest } from './ingest.ts';
import type { Outside } from './outside.ts';
import { sourcesOf } from './sources-of.ts';

/** The parts of the engine that change with the rules; `outside` has the answers that wait for rules with facts from outside. */
export function partsOf(ruleset: Ruleset, settings: Settings, outside?: Pick<Outside, 'take'>): RulesetParts {
  const asked = withoutFilters(ruleset.detections);
  const matcher = createMatcher(asked);
  const byteMatcher = createByteMatcher(asked, DEFAULT_LIMITS);
  const rules = { detections: ruleset.detections, correlations: ruleset.correlations, digest: ruleset.digest };
  const context = { tenant: settings.tenant, engineVersion: VERSION, rulesetDigest: ruleset.digest, ...given(settings.alerts) };
  const sources = sourcesOf(ruleset.byId, settings);
  const options = { ...DEFAULT_CORRELATE_OPTIONS, sourcesOf: (id: string) => sources.get(id) };
  return {
    digest: ruleset.digest,
    correlator: (snapshot) => (snapshot === undefined ? createCorrelator(rules, options) : restoreCorrelator(rules, options, snapshot)),
    ingest: createIngest({
      matcher,
      byteMatcher,
      fieldsNeeded: fieldsNeeded(rules),
      decode: DEFAULT_LIMITS,
      confirm: createConfirm(ruleset, outside),
      exceptionsOf: createExceptions(ruleset.exceptions, ruleset.byId),
      filtersOf: createFilters(ruleset.detections),
      redactor: createRedactor(settings.redact),
    }),
    toAlert(firing, latest) {
      const rule = ruleset.byId.get(firing.rule) as Rule;
      if (rule.meta.alert?.mode !== undefined) return undefined;
      return alertDocument(firing, rule, context, firing.stage === 'opened' ? undefined : latest(episodeOf(firing, rule, context)));
    },
  };
}

/** One normalizer per source; they share the table of routes. */
export function normalizersOf(
  { sources, logsource: routing, logsources }: Pick<Settings, 'sources' | 'logsource' | 'logsources'>,
  enrichment?: Enrichment,
): ReadonlyMap<string, Normalizer> {
  const routes = createRouteTable(routing);
  return new Map(
    sources.map(({ name, format, logsource, timezone, original }) => [
      name,
      createNormalizer({ format, logsource: logsource && given(logsource), timezone, original, enrichment, mappings: logsources }, routes),
    ]),
  );
}
