import type { Settings } from '../../config/settings.ts';
import { createRouter } from '../../correlate/route.ts';
import { loadRules, type Ruleset } from '../../rule/load.ts';
import { problemText } from '../../rule/problem.ts';
import { WardlineError } from '../../shared/errors.ts';
import { partsOf } from '../parts.ts';
import type { RuleBundle } from '../run-options.ts';
import type { StageRules } from './rulesets.ts';

const FORMAT = 1;

type Bundle = RuleBundle & { readonly format: number };

/** Everything of a ruleset that processes must have alike, as bytes: the texts of its files and the values of placeholders. */
function bundleOf({ files, placeholders }: RuleBundle): Uint8Array {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return Buffer.from(JSON.stringify({ format: FORMAT, files: sorted, placeholders } satisfies Bundle));
}

/** The same, and the same bytes for the same object: who looks every few seconds sees at once that nothing changed. */
export function createBundler(): (bundle: RuleBundle) => Uint8Array {
  let last: { readonly of: RuleBundle; readonly bytes: Uint8Array } | undefined;
  return (of) => {
    if (last?.of !== of) last = { of, bytes: bundleOf(of) };
    return last.bytes;
  };
}

/** The errors of a bundle, one a line, and the files they are in; undefined: it may become active. */
export function errorsOf(bundle: Uint8Array): { readonly text: string; readonly files: readonly string[] } | undefined {
  const { files, placeholders } = parse(bundle);
  const { ruleset, problems } = loadRules(files, { placeholders });
  const wrong = problems.filter(({ severity }) => severity === 'error');
  const errors = wrong.map(problemText);
  const asking = ruleset.detections.filter(({ asks }) => asks !== undefined).map(({ id }) => id);
  if (asking.length > 0) errors.push(`rules with facts from outside run in the embedded engine only: ${asking.join(', ')}`);
  const broken = [...new Set(wrong.map(({ place }) => place.file))].sort();
  return errors.length === 0 ? undefined : { text: errors.join('\n'), files: broken };
}

/** The same bytes give the same rules in every process; a rule with errors is left out. */
export function compileBundle(bundle: Uint8Array, settings: Settings): StageRules {
  const { files, placeholders } = parse(bundle);
  return stageRulesOf(loadRules(files, { placeholders }).ruleset, settings);
}

/** What the stages need of a ruleset. */
export function stageRulesOf(ruleset: Ruleset, settings: Settings): StageRules {
  const parts = partsOf(ruleset, settings);
  const logic = new Map([...ruleset.byId].map(([id, rule]) => [id, rule.logicDigest]));
  return {
    digest: ruleset.digest,
    ruleset,
    ingest: parts.ingest,
    router: createRouter(ruleset),
    correlate: {
      correlator: parts.correlator,
      toAlert: parts.toAlert,
      tenant: settings.tenant,
      logicOf: (rule) => logic.get(rule),
    },
  };
}

function parse(bundle: Uint8Array): Bundle {
  const found = JSON.parse(Buffer.from(bundle).toString('utf8')) as Bundle;
  if (found.format !== FORMAT)
    throw new WardlineError('transport', `the active rules have format ${String(found.format)}, this Wardline reads ${FORMAT}`);
  return found;
}
