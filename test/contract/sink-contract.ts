import { afterEach, describe, expect, test } from 'vitest';
import { WardlineError } from '../../src/shared/errors.ts';
import type { Logger } from '../../src/shared/logger.ts';
import type { Delivery, Sink } from '../../src/sink/sink.ts';
import { anAlert } from '../support/an-alert.ts';
import { HOSTILE } from '../support/hostile.ts';
import { leaks, recordingLogger } from '../support/planted.ts';

/** One alert as the peer understood it, read by the peer's own means and not by the sink's. */
export type Taken = { readonly id: string; readonly message: string };

/** `hang`: takes the call and never answers. */
export type Verdict = 'take' | 'later' | 'refuse' | 'hang';

/** A sink with its peer: a real server, or a small real implementation of one. */
export type SinkHarness = {
  readonly sink: Sink;
  /** Everything the peer took, in order. */
  taken(): Promise<readonly Taken[]>;
  /** How the peer answers from now on; only verdicts of `says` are asked for. */
  answer(verdict: (id: string) => Verdict): void;
  /** Resolves when the peer has a call that it will not answer. */
  hanging?(): Promise<void>;
  close(): Promise<void>;
};

export type SinkCase = {
  /** What the peer can say beside taking. */
  readonly says: readonly Exclude<Verdict, 'take'>[];
  /** The peer answers for each alert; `refusals`: only what it refuses is found one by one; false: for all at once. */
  readonly perAlert: boolean | 'refusals';
  /** `exact`: the message arrives as it was, a very long one perhaps cut. `well-formed`: the same, but for lone surrogates. `shown`: it is for people, without control characters, perhaps cut. */
  readonly text: 'exact' | 'well-formed' | 'shown';
  /** Builds the sink over a running peer; every secret of its settings is `PLANTED` or `PLANTED_KEY`. */
  readonly start: (logger: Logger) => Promise<SinkHarness>;
};

const UNSEEN = /[\p{Cc}\p{Cs}\u200B-\u200F\u202A-\u202E\u2066-\u2069\u2028\u2029\uFEFF]/u;

/** A long value may be cut, with an ellipsis for what is missing; what is left must be its own beginning. */
const uncut = (given: string, whole: string): string =>
  given.length > 500 && given.endsWith('…') && whole.startsWith(given.slice(0, -1)) ? whole : given;

/** What every sink owes the engine, whatever stands behind it. */
export function describeSinkContract(name: string, { says, perAlert, text, start }: SinkCase): void {
  describe(`the sink contract: ${name}`, () => {
    const { logger, lines } = recordingLogger();
    let harness: SinkHarness | undefined;
    const live = new AbortController().signal;
    const open = async (): Promise<SinkHarness> => {
      harness = await start(logger);
      return harness;
    };
    afterEach(async () => {
      await harness?.sink.close();
      await harness?.close();
      harness = undefined;
      expect(leaks(lines)).toEqual([]);
      lines.length = 0;
    });
    const alerts = (...ids: string[]) => ids.map((id) => anAlert({ id, message: `message of ${id}` }));
    const outcomes = (given: readonly Delivery[]) => given.map(({ id, outcome }) => [id, outcome]);

    /** A whole sink may throw instead of answering for each alert, but only what can be tried again. */
    const attempt = async (sink: Sink, ids: readonly string[], signal = live): Promise<readonly Delivery[]> => {
      try {
        return await sink.write(alerts(...ids), signal);
      } catch (error) {
        expect(leaks(error)).toEqual([]);
        expect(error).toBeInstanceOf(WardlineError);
        expect(error).toMatchObject({ code: 'sink', retryable: true });
        return ids.map((id) => ({ id, outcome: 'retry', reason: String(error) }));
      }
    };

    /** A case of peers that can say what it needs; no case is listed that a peer could not fail. */
    const testFor = (holds: boolean, what: string, body: () => Promise<void>): void => {
      if (holds) test(what, body);
    };

    test('takes nothing when there is nothing', async () => {
      const { sink, taken } = await open();
      expect(await sink.write([], live)).toEqual([]);
      expect(await taken()).toEqual([]);
    });

    test('delivers each alert under its own id and says so for each, in order', async () => {
      const { sink, taken } = await open();
      expect(outcomes(await sink.write(alerts('a1', 'b2', 'c3'), live))).toEqual(['a1', 'b2', 'c3'].map((id) => [id, 'stored']));
      expect(await taken()).toEqual(['a1', 'b2', 'c3'].map((id) => ({ id, message: `message of ${id}` })));
    });

    test('a repeated alert is the same alert: same id, no failure', async () => {
      const { sink, taken } = await open();
      await sink.write(alerts('a1'), live);
      const [again] = await sink.write(alerts('a1'), live);
      expect(['stored', 'duplicate']).toContain(again?.outcome);
      expect([...new Set((await taken()).map(({ id }) => id))]).toEqual(['a1']);
    });

    testFor(says.includes('later'), 'what the peer cannot take now is tried again later, and then arrives', async () => {
      const { sink, taken, answer } = await open();
      answer(() => 'later');
      const failed = await attempt(sink, ['a1', 'b2']);
      expect(outcomes(failed)).toEqual(['a1', 'b2'].map((id) => [id, 'retry']));
      for (const one of failed) expect(one).toMatchObject({ reason: expect.stringMatching(/\S/) });
      expect(leaks(failed)).toEqual([]);
      answer(() => 'take');
      expect(outcomes(await sink.write(alerts('a1', 'b2'), live))).toEqual(['a1', 'b2'].map((id) => [id, 'stored']));
      expect([...new Set((await taken()).map(({ id }) => id))]).toEqual(['a1', 'b2']);
    });

    testFor(says.includes('refuse'), 'what the peer refuses for good is rejected with a reason', async () => {
      const { sink, answer } = await open();
      answer(() => 'refuse');
      const refused = await sink.write(alerts('a1'), live);
      expect(refused).toMatchObject([{ id: 'a1', outcome: 'rejected', reason: expect.stringMatching(/\S/) }]);
      expect(leaks(refused)).toEqual([]);
    });

    testFor(perAlert !== false && says.includes('refuse'), 'one alert that is refused does not take others with it', async () => {
      const { sink, taken, answer } = await open();
      answer((id) => (id === 'b2' ? 'refuse' : 'take'));
      const mixed = await sink.write(alerts('a1', 'b2', 'c3', 'd4'), live);
      expect(outcomes(mixed)).toEqual(
        ['stored', 'rejected', 'stored', 'stored'].map((outcome, i) => [['a1', 'b2', 'c3', 'd4'][i], outcome]),
      );
      expect((await taken()).map(({ id }) => id)).toEqual(['a1', 'c3', 'd4']);
    });

    testFor(perAlert === true && says.includes('later'), 'one alert that must wait does not take others with it', async () => {
      const { sink, taken, answer } = await open();
      answer((id) => (id === 'b2' ? 'later' : 'take'));
      const mixed = await sink.write(alerts('a1', 'b2', 'c3'), live);
      expect(outcomes(mixed)).toEqual(['stored', 'retry', 'stored'].map((outcome, i) => [['a1', 'b2', 'c3'][i], outcome]));
      expect((await taken()).map(({ id }) => id)).toEqual(['a1', 'c3']);
    });

    test('a signal that has aborted ends a write at once, and the sink can be used afterwards', async () => {
      const { sink, taken } = await open();
      const given = await attempt(sink, ['a1'], AbortSignal.abort());
      expect(given.map(({ id }) => id)).toEqual(['a1']);
      expect(outcomes(await sink.write(alerts('b2'), live))).toEqual([['b2', 'stored']]);
      expect((await taken()).map(({ id }) => id)).toContain('b2');
    });

    testFor(says.includes('hang'), 'a call that is never answered ends when the signal aborts', async () => {
      const { sink, taken, answer, hanging } = await open();
      answer(() => 'hang');
      const stop = new AbortController();
      const writing = attempt(sink, ['a1'], stop.signal);
      await hanging?.();
      stop.abort();
      expect(outcomes(await writing)).toEqual([['a1', 'retry']]);
      answer(() => 'take');
      expect(outcomes(await sink.write(alerts('a1'), live))).toEqual([['a1', 'stored']]);
      expect((await taken()).at(-1)?.id).toBe('a1');
    });

    test('whatever stands in an alert stays data: one alert in, one alert out', async () => {
      const { sink, taken } = await open();
      const hostile = HOSTILE.map((value, i) =>
        anAlert({ id: `h${i}`, message: value, reason: value, group: { 'user.name': value, [value.slice(0, 40)]: 'x' } }),
      );
      const given = await sink.write(hostile, live);
      expect(outcomes(given)).toEqual(hostile.map(({ id }) => [id, 'stored']));
      const seen = await taken();
      expect(seen.map(({ id }) => id)).toEqual(hostile.map(({ id }) => id));
      if (text !== 'shown')
        expect(seen.map(({ message }, i) => uncut(message, HOSTILE[i] ?? ''))).toEqual(
          text === 'exact' ? HOSTILE : HOSTILE.map((one) => one.toWellFormed()),
        );
      else for (const { message } of seen) expect(message).not.toMatch(UNSEEN);
    });
  });
}
