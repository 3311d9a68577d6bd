import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AlertAction } from '../../src/alert/actions.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import { at } from '../../src/shared/nested.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aWorld, type World } from '../support/a-run.ts';

const ruleset = rulesetOf({
  title: 'Seen',
  id: 'seen',
  logsource: { category: 'test' },
  detection: { s: { word: 'seen' }, condition: 's' },
  wardline: { alert: { dedup: { by: ['host.name'], within: '1h' } } },
});
const seenAt = (minute: number) => ({
  word: 'seen',
  host: { name: 'h1' },
  '@timestamp': new Date(Date.UTC(2026, 10, 20, 8) + minute * 60_000).toISOString(),
});

let world: World;
beforeEach(() => {
  world = aWorld();
});
afterEach(() => world.remove());

/** Keeps the episode open over the end of a run: without an end of its inputs nothing is closed. */
const follow = { sinks: [] };
const act = (kind: AlertAction['kind'], alert: string, more: Partial<AlertAction> = {}): void =>
  void world.withStore(
    (store) =>
      store.actions.add({ alert, kind, actor: 'alice', at: world.clock.now(), disposition: undefined, comment: undefined, ...more }),
    { beside: true },
  );
const told = () =>
  world.documents().map((document) => ({
    alert: at(document, 'wardline.alert.id'),
    stage: at(document, 'wardline.alert.stage'),
    status: at(document, 'wardline.alert.status'),
    workflow: at(document, 'wardline.alert.workflow'),
  }));
const firstAlert = (): string => String(at(world.documents()[0] ?? {}, 'wardline.alert.id'));

describe('operator actions', () => {
  test('become transitions of the alert, each once, in order, with who and why, and entries of the audit trail', async () => {
    await world.run(ruleset, [seenAt(0)], follow);
    const alert = firstAlert();
    act('acknowledge', alert, { comment: 'looking' });
    act('disposition', alert, { disposition: 'benign' });
    act('close', alert, { comment: 'known scanner' });
    await world.run(ruleset, [], follow);
    await world.run(ruleset, [], follow);
    const documents = world.documents();
    expect(told().slice(2)).toEqual([
      { alert, stage: 'action', status: 'closed', workflow: 'acknowledged' },
      { alert, stage: 'action', status: 'closed', workflow: 'acknowledged' },
      { alert, stage: 'closed', status: 'closed', workflow: 'closed' },
    ]);
    expect(documents.slice(2).map((document) => at(document, 'event.reason'))).toEqual([
      'acknowledged by alice: looking',
      'judged benign by alice',
      'closed by alice: known scanner',
    ]);
    const newest = documents.at(-1) ?? {};
    expect(at(newest, 'wardline.alert.disposition')).toMatchObject({ value: 'benign', by: 'alice' });
    expect(at(newest, 'wardline.alert.comments')).toBe(2);
    expect(at(newest, 'event.action')).toBe('alert-closed');
    expect(new Set(documents.map((document) => at(document, 'event.id'))).size).toBe(5);
    const entries = world.withStore((store) => [...store.ledger.entries()]);
    expect(verifyChain(entries).faults).toEqual([]);
    expect(entries.filter(({ kind }) => kind === 'audit').map(({ body }) => body)).toMatchObject([
      { actor: 'alice', action: 'alert.acknowledge', object: alert, reason: 'looking' },
      { action: 'alert.disposition', reason: 'benign' },
      { action: 'alert.close', reason: 'known scanner' },
    ]);
  });

  test('an action on an alert that is not there is taken from the list and changes nothing', async () => {
    await world.run(ruleset, [seenAt(0)], follow);
    act('comment', 'nothing', { comment: 'x' });
    await world.run(ruleset, [], follow);
    expect(world.documents()).toHaveLength(2);
    expect(world.withStore((store) => store.actions.pending())).toEqual([]);
  });

  test('every action reaches every sink of the settings', async () => {
    const sinks = [{ kind: 'console', name: 'c' }];
    await world.run(ruleset, [seenAt(0)], { sinks });
    act('acknowledge', firstAlert());
    const { waiting } = await world.run(ruleset, [], { sinks });
    expect(waiting.size).toBe(0);
    expect(world.withStore((store) => store.outbox.counts().get('c'))).toEqual({ waiting: 0, delivered: 3, dead: 0 });
  });
});
