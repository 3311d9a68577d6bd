import type { Body } from './entry.ts';
import type { ActiveException, ExceptedMatch } from './observation.ts';
import type { Drafts } from './rows.ts';
import { isoMs, ledgerText, minuteOf } from './simple.ts';

/** Coordinates written out per exception and seal; all are counted. */
const SAMPLES = 5;

type Row = Body<'excepted'>['rows'][number];

/** Sums up what exceptions did to matches between two seals. */
export function createExcepted(): { add(matches: readonly ExceptedMatch[]): void; draft(drafts: Drafts): void } {
  let rows = new Map<string, Row>();
  let samples = new Map<string, Body<'excepted'>['samples']>();
  return {
    add(matches) {
      for (const { exception, rule, effect, time, origin } of matches) {
        const minute = minuteOf(time);
        const key = JSON.stringify([minute, exception, rule, effect]);
        rows.set(key, [minute, ledgerText(exception), ledgerText(rule), effect, (rows.get(key)?.[4] ?? 0) + 1]);
        const kept = samples.get(exception) ?? [];
        if (kept.length < SAMPLES)
          samples.set(exception, [
            ...kept,
            [ledgerText(exception), ledgerText(origin.source), origin.partition, String(origin.offset), origin.index],
          ]);
      }
    },
    draft(drafts) {
      let left = [...samples.values()].flat();
      drafts.rows('excepted', [...rows.values()], (part) => {
        const body = { rows: part, samples: left };
        left = [];
        return body;
      });
      rows = new Map();
      samples = new Map();
    },
  };
}

/** The exceptions of a ruleset as their entry has them. */
export function exceptionsBody(ruleset: string, exceptions: readonly ActiveException[]): Body<'exceptions'> {
  return {
    ruleset,
    exceptions: [...exceptions]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, digest, rules, owner, ticket, reason, starts, expires, effect }) => ({
        id: ledgerText(id),
        digest,
        rules: rules.map(ledgerText).sort(),
        owner: ledgerText(owner),
        ticket: ticket === undefined ? null : ledgerText(ticket),
        reason: ledgerText(reason),
        starts: isoMs(starts),
        expires: isoMs(expires),
        effect,
      })),
  };
}
