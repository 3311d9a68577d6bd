import type { Window } from './coverage.ts';

/** Alert documents of a window: how many, how many reached the receiver in time, how many may still do so. */
export type Receipts = { readonly items: number; readonly intime: number; readonly pending: number; readonly worstMs: number };

export type ReceiptsQuery = {
  readonly rules: ReadonlySet<string>;
  readonly window: Window;
  /** Name of a sink; `any` = the first one that took it. */
  readonly receiver: string;
  readonly limitMs: number;
  /** How far the ledger reaches, ms: a delivery due later may still come. */
  readonly reachedMs: number;
};

/**
 * Alert documents and when each sink took them. In columns: a month of a busy engine is a million documents, and an
 * object with a map for each takes a kilobyte.
 */
export type AlertLog = {
  /** False when the document is known: a replay after a crash observes it again, and it is one alert. */
  add(id: string, rule: string, minute: number, createdMs: number): boolean;
  /** The first receipt per sink counts; of a document that was never observed, none. */
  receive(id: string, sink: string, ms: number): void;
  /** Documents with a minute in the window. */
  count(window: Window): number;
  receipts(query: ReceiptsQuery): Receipts;
};

export function createAlertLog(): AlertLog {
  const rowOf = new Map<string, number>();
  const rules: string[] = [];
  const ruleIndex = new Map<string, number>();
  let [minutes, created, ruleOf] = [new Float64Array(1024), new Float64Array(1024), new Uint32Array(1024)];
  /** Sink -> ms per row; NaN = not received. */
  const received = new Map<string, Float64Array<ArrayBuffer>>();
  let size = 0;

  const grow = (): void => {
    const length = size * 2;
    minutes = extended(minutes, length);
    created = extended(created, length);
    const wider = new Uint32Array(length);
    wider.set(ruleOf);
    ruleOf = wider;
    for (const [sink, column] of received) received.set(sink, extended(column, length));
  };
  const columnOf = (sink: string): Float64Array<ArrayBuffer> => {
    let column = received.get(sink);
    if (column === undefined) {
      column = new Float64Array(minutes.length).fill(Number.NaN);
      received.set(sink, column);
    }
    return column;
  };
  const inside = (row: number, { start, end }: Window): boolean => (minutes[row] as number) >= start && (minutes[row] as number) < end;
  const tookMs = (row: number, columns: readonly Float64Array[]): number | undefined => {
    let first = Number.POSITIVE_INFINITY;
    for (const column of columns) if ((column[row] as number) < first) first = column[row] as number;
    return first === Number.POSITIVE_INFINITY ? undefined : Math.max(0, first - (created[row] as number));
  };

  return {
    add(id, rule, minute, createdMs) {
      if (rowOf.has(id)) return false;
      if (size === minutes.length) grow();
      let index = ruleIndex.get(rule);
      if (index === undefined) {
        index = rules.push(rule) - 1;
        ruleIndex.set(rule, index);
      }
      rowOf.set(id, size);
      minutes[size] = minute;
      created[size] = createdMs;
      ruleOf[size] = index;
      size++;
      return true;
    },
    receive(id, sink, ms) {
      const row = rowOf.get(id);
      if (row === undefined) return;
      const column = columnOf(sink);
      if (Number.isNaN(column[row])) column[row] = ms;
    },
    count(window) {
      let n = 0;
      for (let row = 0; row < size; row++) if (inside(row, window)) n++;
      return n;
    },
    receipts({ rules: wanted, window, receiver, limitMs, reachedMs }) {
      const selected = rules.map((rule) => wanted.has(rule));
      const columns = receiver === 'any' ? [...received.values()] : [received.get(receiver) ?? new Float64Array(0)];
      let [items, intime, pending, worstMs] = [0, 0, 0, 0];
      for (let row = 0; row < size; row++) {
        if (!inside(row, window) || !selected[ruleOf[row] as number]) continue;
        items++;
        const took = tookMs(row, columns);
        if (took === undefined) pending += reachedMs <= (created[row] as number) + limitMs ? 1 : 0;
        else if (took <= limitMs) intime++;
        if (took !== undefined && took > worstMs) worstMs = took;
      }
      return { items, intime, pending, worstMs };
    },
  };
}

function extended(column: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(length).fill(Number.NaN);
  wider.set(column);
  return wider;
}
