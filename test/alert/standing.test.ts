import { describe, expect, test } from 'vitest';
import { type AlertAction, actionDocument } from '../../src/alert/actions.ts';
import { standingOf } from '../../src/alert/standing.ts';
import type { JsonObject } from '../../src/shared/json.ts';

const ids = { transition: 't2', episode: 'e' };
const opened: JsonObject = {
  event: { kind: 'signal' },
  wardline: { alert: { id: 'e', stage: 'opened', status: 'open', workflow: 'new' } },
};
const action = (kind: AlertAction['kind'], more: Partial<AlertAction> = {}): AlertAction => ({
  seq: 1,
  alert: 'e',
  kind,
  actor: 'bob',
  at: 0,
  disposition: undefined,
  comment: undefined,
  ...more,
});
const acknowledged = actionDocument(opened, action('acknowledge'), 'default').document;
const closed = actionDocument(opened, action('close', { disposition: 'false_positive' }), 'default').document;

describe('how an alert stands', () => {
  test('a first trigger opens it under its own id', () =>
    expect(standingOf('opened', { transition: 'e', episode: 'e' }, undefined, 'reset')).toEqual({
      alert: 'e',
      stage: 'opened',
      status: 'open',
      carried: {},
    }));
  test('a later trigger continues it, acknowledged if it was', () => {
    expect(standingOf('continued', ids, opened, 'reset')).toMatchObject({ alert: 'e', status: 'open' });
    expect(standingOf('continued', ids, acknowledged, 'reset')).toMatchObject({
      alert: 'e',
      status: 'acknowledged',
      carried: { workflow: 'acknowledged', acknowledged: { by: 'bob' } },
    });
  });
  test('its end closes it; what operators said stays', () =>
    expect(standingOf('closed', ids, acknowledged, 'reset')).toMatchObject({ status: 'closed', carried: { workflow: 'acknowledged' } }));
  test('after an operator closed it, a further trigger opens a new alert that names the one before', () =>
    expect(standingOf('continued', ids, closed, 'reset')).toEqual({
      alert: 't2',
      stage: 'opened',
      status: 'open',
      carried: { reopens: 'e' },
    }));
  test('or it stays closed and is counted on', () =>
    expect(standingOf('continued', ids, closed, 'continue')).toMatchObject({
      alert: 'e',
      stage: 'continued',
      status: 'closed',
      carried: { disposition: { value: 'false_positive' } },
    }));
  test('the end of an episode that an operator closed is no news', () =>
    expect(standingOf('closed', ids, closed, 'reset')).toBeUndefined());
  test('a state that was lost does not lose the alert', () =>
    expect(standingOf('closed', ids, undefined, 'reset')).toMatchObject({ alert: 'e', status: 'closed' }));
});
