import { ENVELOPE_KEYS } from '../../decode/envelopes.ts';
import type { Route } from '../../event/event.ts';
import type { EventTime } from '../../normalize/event-time.ts';
import type { Format } from '../../normalize/format.ts';
import type { Decisions } from '../../normalize/normalizer.ts';
import type { ByteLine } from './byte-line.ts';
import { createReading, type Reading } from './reading.ts';
import { createKeptRoutes, type KeptRoutes, writeRouter } from './route-table.ts';

/** Finds the format and route of the line at hand from its tokens. */
export type ByteRouter = {
  /** Undefined: only the parsed document can say. */
  route(): Route | undefined;
  /** Event time of the line whose route was found last. */
  time(appendedAt: number): EventTime;
};

type Known = { readonly reader: Reader; readonly route: Route };

/** What assembly/routes.ts says of a line that is not for bytes to tell; below it, formats whose route is new. */
const NOT_UNDERSTOOD = -1;

/** The routers of a line, one for what each normalizer decides; they share the room for the routes that they know. */
export function createByteRouters(line: ByteLine): (decisions: Decisions) => ByteRouter {
  const kept = createKeptRoutes(line.tokens.machine);
  /** By the numbers that the machine keeps. They depend on what others write: past a number, all are forgotten. */
  const known: Known[] = [];
  const routers = new Map<Decisions, ByteRouter>();
  return (decisions) => {
    const found = routers.get(decisions) ?? createByteRouter(line, decisions, kept, known);
    routers.set(decisions, found);
    return found;
  };
}

function createByteRouter(line: ByteLine, decisions: Decisions, shared: KeptRoutes, known: Known[]): ByteRouter {
  const { machine, tree } = line.tokens;
  const envelopes = Int32Array.from(ENVELOPE_KEYS, (key) => tree.place([key]));
  const readers = readableFormats(decisions).map((format) => createReader(line, format));
  const table = writeRouter(machine, shared, envelopes, readers);
  let reader: Reader | undefined;

  const find = (of: Reader): Route => {
    const route = decisions.routeOf(
      of.format,
      of.values.map((reading) => line.read(reading)),
    );
    const kept = machine.run.keepRoute(table, known.length);
    if (kept < 0) return route;
    if (kept === 0) {
      known.length = 0;
      machine.run.keepRoute(table, 0);
    }
    known.push({ reader: of, route });
    return route;
  };

  return {
    route() {
      const found = machine.run.findRoute(table, line.text.at);
      if (found >= 0) {
        const one = known[found] as Known;
        reader = one.reader;
        return one.route;
      }
      reader = found === NOT_UNDERSTOOD ? undefined : readers[NOT_UNDERSTOOD - 1 - found];
      return reader && find(reader);
    },
    time: (appendedAt) => decisions.timeOf(reader === undefined ? undefined : line.read(reader.time), appendedAt),
  };
}

type Reader = {
  readonly format: Format;
  /** Lists of places, all of one of which must be there. */
  readonly marks: readonly Int32Array[];
  /** Of the discriminators. */
  readonly values: readonly Reading[];
  readonly time: Reading;
};

/** In their order up to the first that only a parsed document can be recognised by. */
function readableFormats({ format, formats }: Decisions): readonly Format[] {
  if (format !== undefined) return format.wrapped === true ? [] : [{ ...format, marks: [[]] }];
  const end = formats.findIndex(({ marks }) => marks === undefined);
  return end < 0 ? formats : formats.slice(0, end);
}

function createReader(line: ByteLine, format: Format): Reader {
  const { tree } = line.tokens;
  return {
    format,
    marks: (format.marks ?? []).map((all) => Int32Array.from(all, (path) => tree.place(path))),
    values: format.discriminators.map((reading) => createReading(reading, tree)),
    time: createReading(format.time, tree),
  };
}
