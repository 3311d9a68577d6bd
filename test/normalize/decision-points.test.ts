import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/detect/reference.ts';
import { LET_THROUGH } from '../../src/rule/policy/let-through.ts';
import { at } from '../../src/shared/nested.ts';
import { eventsOf } from '../support/an-event.ts';

type Case = { readonly line: string };
const lines = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../golden/normalize/formats/kubernetes.audit.json'), 'utf8'),
) as readonly Case[];

const FIELDS = ['decision.id', 'decision.outcome', 'access.action', 'access.resource.id', 'access.subject.type'];

describe('decisions of the Kubernetes API server', () => {
  test.each<[what: string, n: number, wanted: readonly unknown[], letThrough: boolean]>([
    ['a person who may', 0, ['a1b2', 'allow', 'get', 'payments/secrets/db', 'human'], true],
    ['a service account that may not', 1, ['a1b3', 'deny', 'create', 'kube-system/pods', 'service'], false],
    ['a node', 2, ['a1b4', 'allow', 'get', 'nodes/worker-1', 'service'], true],
    ['nobody in particular, and no object', 3, ['a1b5', 'allow', 'get', undefined, undefined], true],
    ['an entry without the annotation decides nothing', 4, ['a1b6', undefined, 'get', 'payments/secrets/db', 'human'], true],
  ])('%s', (_what, n, wanted, letThrough) => {
    const [event] = eventsOf(lines[n]?.line ?? '', {});
    if (event === undefined) throw new Error('no event');
    const document = event.toEcs();
    expect(FIELDS.map((name) => at(document, `wardline.${name}`))).toEqual(wanted);
    expect(at(document, 'wardline.access.resource.service')).toBe('kubernetes');
    expect(evaluate(LET_THROUGH, event)).toBe(letThrough);
  });

  test('the reason is kept: which binding of which role allowed it', () => {
    const [event] = eventsOf(lines[0]?.line ?? '', {});
    expect(at(event?.toEcs() ?? {}, 'wardline.decision.reasons')).toContain('secret-reader');
  });
});
