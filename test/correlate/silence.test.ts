import { describe, expect, test } from 'vitest';
import {
  type CorrelateRecord,
  createCorrelator,
  DEFAULT_CORRELATE_OPTIONS,
  type Note,
  restoreCorrelator,
} from '../../src/correlate/correlator.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, SECOND } from '../support/correlate.ts';

const member = (name: string) => ({
  title: name,
  name,
  logsource: { category: 'test' },
  detection: { sel: { t: name }, condition: 'sel' },
});
const ruleset = rulesetOf(member('a'), member('b'), {
  title: 'a without b',
  name: 'judged',
  correlation: { type: 'temporal', rules: ['a', 'b'], 'group-by': ['g'], timespan: '10s', condition: 'a and not b' },
});
const at = (t: number): bigint => BigInt(t) * SECOND;
const mark = (source: string, t: number, silentFrom?: number): CorrelateRecord => ({
  kind: 'watermark',
  source,
  partition: 0,
  time: at(t),
  appendedAt: 0,
  idle: silentFrom !== undefined,
  ...(silentFrom === undefined ? {} : { newest: at(silentFrom) }),
});

function told(records: readonly CorrelateRecord[], sources?: ReadonlySet<string>, restart = false) {
  const options = { ...DEFAULT_CORRELATE_OPTIONS, sourcesOf: () => sources };
  let correlator = createCorrelator(ruleset, options);
  const fired: string[] = [];
  const notes: Note[] = [];
  for (const record of records) {
    for (const { stage, time } of correlator.apply(record, (note) => notes.push(note))) fired.push(`${stage} ${time / SECOND}`);
    if (restart) correlator = restoreCorrelator(ruleset, options, correlator.snapshot());
  }
  return { fired: fired.filter((text) => text.startsWith('opened')), undecided: notes.map((note) => `${note.kind} ${note.time / SECOND}`) };
}

const a = asRecord(aMatch('a', 100, { g: 'x' }, 0));

describe('what must be absent, while a source is silent', () => {
  const silent = [mark('edr', 90), mark('idp', 90), a, mark('idp', 95, 95), mark('edr', 200)];
  test('is not decided, and that is said', () => {
    expect(told(silent)).toEqual({ fired: [], undecided: ['undecided 100'] });
    expect(told(silent, undefined, true)).toEqual({ fired: [], undecided: ['undecided 100'] });
  });

  test('is decided when the silent source cannot feed the rule', () => {
    expect(told(silent, new Set(['edr']))).toEqual({ fired: ['opened 100'], undecided: [] });
  });

  test('is decided when every source spoke', () => {
    expect(told([mark('edr', 90), mark('idp', 90), a, mark('idp', 200), mark('edr', 200)])).toEqual({
      fired: ['opened 100'],
      undecided: [],
    });
  });

  test('is decided again after the source came back', () => {
    const later = asRecord(aMatch('a', 300, { g: 'x' }, 1));
    const back = [...silent, mark('idp', 210), later, mark('idp', 400), mark('edr', 400)];
    expect(told(back)).toEqual({ fired: ['opened 300'], undecided: ['undecided 100'] });
  });

  test('is decided at the end of inputs that ended: an input that ended is not silent', () => {
    expect(
      told([mark('edr', 90), a, { ...mark('idp', 95), idle: true, ended: true } as CorrelateRecord, { kind: 'end', newest: at(100) }]),
    ).toEqual({
      fired: ['opened 100'],
      undecided: [],
    });
  });

  test('is not decided where records of a source were lost', () => {
    const lost = (t: number): CorrelateRecord => ({ kind: 'lost', source: 'idp', partition: 0, from: at(t) });
    const after = [mark('idp', 106), mark('idp', 200), mark('edr', 200)];
    expect(told([mark('edr', 90), mark('idp', 100), a, lost(104), ...after])).toEqual({ fired: [], undecided: ['undecided 100'] });
    expect(told([mark('edr', 90), mark('idp', 100), a, mark('idp', 120), lost(120), ...after]).fired).toEqual(['opened 100']);
  });
});
