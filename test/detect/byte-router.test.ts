import { describe, expect, test } from 'vitest';
import { ByteLine } from '../../src/detect/bytes/byte-line.ts';
import { createByteRouters } from '../../src/detect/bytes/byte-router.ts';
import { KeyTree } from '../../src/detect/bytes/key-tree.ts';
import { Machine } from '../../src/detect/bytes/machine.ts';
import { Tokenizer } from '../../src/detect/bytes/tokenizer.ts';
import type { Route } from '../../src/event/event.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import type { JsonObject } from '../../src/shared/json.ts';

type Document = { readonly Channel: unknown; readonly EventID: unknown; readonly [more: string]: unknown };

function aRouter(line = new ByteLine(new Tokenizer(new KeyTree(new Machine()), 64), 64), routers = createByteRouters(line)) {
  const { decisions } = createNormalizer({});
  const router = routers(decisions);
  return {
    routeOf: (document: Document): Route | undefined => {
      expect(line.begin(Buffer.from(JSON.stringify(document)))).toBe(true);
      return router.route();
    },
    wanted: (document: Document): Route => {
      const windows = decisions.formats.find(({ recognizes }) => recognizes(document as JsonObject));
      if (windows === undefined) throw new Error('no format of Windows events');
      return decisions.routeOf(windows, [document.Channel as string, document.EventID as number, undefined]);
    },
  };
}

describe('the router on bytes', () => {
  test('finds the same routes again after there were more of them than it keeps', () => {
    const { routeOf, wanted } = aRouter();
    const documents = Array.from({ length: 9000 }, (_, n): Document => ({ Channel: 'Security', EventID: (n * 7) % 4500 }));
    for (const document of documents) expect(routeOf(document)).toBe(wanted(document));
  });

  test('forgets routes when their values fill the room for them', () => {
    const { routeOf, wanted } = aRouter();
    for (let n = 0; n < 2000; n++) {
      const document = { Channel: `${'c'.repeat(400)}${n % 900}`, EventID: 1 };
      expect(routeOf(document)).toBe(wanted(document));
    }
  });

  test('takes values too long to keep, and values that differ in kind or in one letter', () => {
    const { routeOf, wanted } = aRouter();
    const long = 'x'.repeat(600);
    const documents: readonly Document[] = [
      { Channel: long, EventID: 1 },
      { Channel: `${long}y`, EventID: 1 },
      { Channel: 'Security', EventID: 4688 },
      { Channel: 'Security', EventID: '4688' },
      { Channel: 'Security', EventID: 4689 },
      { Channel: 'security', EventID: 4688 },
      { Channel: 'Securit', EventID: 4688 },
      { Channel: 'Security ', EventID: 4688 },
    ];
    for (const document of [...documents, ...documents]) expect(routeOf(document)).toBe(wanted(document));
  });

  test('many routers share the room for routes, and none takes those of another', () => {
    const machine = new Machine();
    const line = new ByteLine(new Tokenizer(new KeyTree(machine), 64), 64);
    const routers = createByteRouters(line);
    const all = Array.from({ length: 300 }, () => aRouter(line, routers));
    const before = machine.bytes.length;
    for (let round = 0; round < 2; round++)
      for (const [n, { routeOf, wanted }] of all.entries())
        for (const EventID of [1, n]) expect(routeOf({ Channel: 'Security', EventID })).toBe(wanted({ Channel: 'Security', EventID }));
    expect(before).toBeLessThan(16 * 1024 * 1024);
  });

  test('says nothing of a line that is no format of its own, or that may hold several events', () => {
    const { routeOf } = aRouter();
    expect(routeOf({ Channel: 'Security', EventID: 1, Records: [] })).toBeUndefined();
  });
});

test('a machine without room says so: a wrong address would lose matches', () => {
  const machine = new Machine();
  expect(() => machine.allocate(2 ** 31)).toThrow(/needs more than/);
  expect(machine.allocate(32) % 16).toBe(0);
});
