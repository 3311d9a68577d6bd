import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { createContextReader } from '../../detect/policy/context.ts';
import { letThroughBy } from '../../detect/policy/explain.ts';
import { createLearner, type Proposal, SUBJECT_FIELDS } from '../../detect/policy/learn.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { at } from '../../shared/nested.ts';
import { openStore } from '../../store/store.ts';
import { chosenRules, namedSettings, type RuleFlags } from '../chosen-rules.ts';
import { type EventFlags, eventsOfFiles } from '../events.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Io } from '../io.ts';

export type LearnFlags = EventFlags &
  RuleFlags & {
    readonly service?: readonly string[];
    readonly minDays: string;
    readonly minAccesses: string;
    readonly exclude?: string;
    readonly store?: string;
    readonly out?: string;
  };

/** `wardline policy learn INPUT...`: proposes policies from observed accesses, as a file that runs only after a person changed it. */
export async function policyLearn(inputs: readonly string[], flags: LearnFlags, io: Io): Promise<number> {
  const loaded = namedSettings(flags, io);
  const { contexts } = chosenRules(flags.rules ?? (loaded === undefined ? [] : undefined), loaded).ruleset;
  const excluded = flags.exclude === undefined ? [] : linesOf(flags.exclude);
  const learner = createLearner({
    contexts,
    context: createContextReader(contexts),
    minDays: wholeNumber(flags.minDays, '--min-days'),
    minAccesses: wholeNumber(flags.minAccesses, '--min-accesses'),
    excluded: new Set([...excluded.filter((line) => line !== ''), ...(flags.store === undefined ? [] : underAlert(flags.store))]),
  });
  const counts = { records: 0, unread: 0 };
  for await (const event of eventsOfFiles(inputs, { ...flags, loaded }, io, counts)) {
    if (letThroughBy(event)) learner.allowed(event);
    else learner.refused();
  }
  const proposals = learner.proposals().filter(({ service }) => flags.service === undefined || flags.service.includes(service));
  const text = proposals.map(asDocument).join('---\n');
  if (flags.out === undefined) io.out(text);
  else writeFileSync(flags.out, text);
  const { accesses, refused, left } = learner.counts();
  io.err(
    `${proposals.length} policies proposed from ${accesses} accesses; left out: ${refused} refused, ${left.excluded} of excluded subjects, ${left.rare} too rare or on too few days${counts.unread === 0 ? '' : `, ${counts.unread} records that could not be read`}\n`,
  );
  return proposals.length > 0 ? EXIT.ok : EXIT.findings;
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim());
  } catch (error) {
    throw new WardlineError('usage', `cannot read the subjects to leave out: ${messageOf(error)}`, { cause: error });
  }
}

/** Subjects that open alerts are about: what they do now is nothing to learn from. */
function underAlert(path: string): readonly string[] {
  const store = openStore(path, { readOnly: true });
  const open = store.alerts.standing(Number.MAX_SAFE_INTEGER).filter(({ document }) => at(document, 'wardline.alert.status') === 'open');
  store.close();
  return open.flatMap(({ document }) => SUBJECT_FIELDS.map((field) => at(document, field)).filter((value) => typeof value === 'string'));
}

function asDocument({ service, entries, from, to }: Proposal): string {
  const notes = entries.map(
    ({ id, support }) => `#   ${id}: ${support.accesses} accesses on ${support.days} days by ${support.subjects} subjects\n`,
  );
  const head = `# Proposed from accesses between ${from} and ${to}. Review every entry, then write mode: shadow or mode: alert.\n${notes.join('')}`;
  return (
    head +
    stringify(
      {
        kind: 'ZeroTrustPolicy',
        schema: 1,
        id: `learned-${service.replace(/[^A-Za-z0-9.-]+/g, '-')}`,
        version: 1,
        title: `Access to ${service} as observed`,
        owner: 'unassigned',
        mode: 'proposed',
        severity: 'medium',
        scope: { 'wardline.access.resource.service': service },
        allow: entries.map(({ id, when, require }) => ({ id, when, ...(Object.keys(require).length === 0 ? {} : { require }) })),
      },
      { lineWidth: 120 },
    )
  );
}
