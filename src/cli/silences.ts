import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Silence } from '../notify/settings.ts';
import { tupleId } from '../shared/digest.ts';
import { WardlineError } from '../shared/errors.ts';
import { printable, table } from '../shared/table.ts';
import { parseSilence, type SilenceRecord, silenceJson, silencesOf } from '../store/silences.ts';
import { openStore, type Store } from '../store/store.ts';
import { actorOf } from './actor.ts';
import type { StoreFlags } from './alerts.ts';
import { outputOption, type Register, storeOption } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { durationOf, instantOf } from './flag-values.ts';
import type { Io } from './io.ts';
import { settingsOf } from './load.ts';

type AddFlags = StoreFlags & {
  readonly duration?: string;
  readonly start?: string;
  readonly end?: string;
  readonly author?: string;
  readonly comment: string;
};
type ListFlags = StoreFlags & { readonly expired?: boolean; readonly config?: string };
type ExpireFlags = StoreFlags & { readonly by?: string; readonly comment?: string };

const MAX_COMMENT = 4000;

/** `wardline silence add`: nobody is notified of what matches, for a time. Durable when it returns; a running engine heeds it within a second. */
function add(written: readonly string[], flags: AddFlags, io: Io): number {
  const now = io.clock.now();
  const starts = flags.start === undefined ? now : instantOf(flags.start, '--start');
  const ends = flags.end === undefined ? starts + durationOf(flags.duration ?? '1h', '--duration') : instantOf(flags.end, '--end');
  if (ends <= now) throw new WardlineError('usage', `the silence would end at ${new Date(ends).toISOString()}, which has passed`);
  const owner = actorOf(flags.author, io, '--author');
  const comment = flags.comment.trim();
  const matchers = written.map(asMatcher);
  const id = tupleId(['silence', ...matchers, String(starts), String(ends), owner, comment, String(now)]);
  const record: SilenceRecord = { id, matchers, starts, ends, owner, comment, createdAt: now };
  if (comment.length > MAX_COMMENT)
    throw new WardlineError('usage', `--comment has at most ${MAX_COMMENT} characters, not ${comment.length}`);
  const parsed = parseSilence(record);
  if (!parsed.success) throw new WardlineError('usage', parsed.error.issues.map((issue) => faultText(issue, matchers)).join('\n'));
  const store = openStore(flags.store, { beside: true });
  try {
    store.silences.add(record, owner);
    if (flags.output === 'json') io.out(`${JSON.stringify(silenceJson(record))}\n`);
    else io.out(`${id}\n`);
    if (store.reducers.load('notify') === undefined)
      io.err(
        'no run of this store had routes: a silence acts on what "notify" of the settings tells receivers, not on sinks without a route\n',
      );
  } finally {
    store.close();
  }
  return EXIT.ok;
}

/** A shell takes the quotes away, so what stands behind the operator is the value, spaces included. */
const BARE = /^\s*([A-Za-z_@][\w.@-]*)\s*(=~|!~|!=|=(?!~))\s*([^"\s](?:.*\S)?)\s*$/s;
const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`;

/** As in amtool a first word that is no matcher is the name of the alert, and values need no quotes. */
function asMatcher(text: string, place: number): string {
  if (place === 0 && !/[=~]/.test(text)) return `alertname=${quoted(text)}`;
  const [, name, operator, value] = BARE.exec(text) ?? [];
  return name === undefined || value === undefined ? text : `${name}${operator}${quoted(value)}`;
}

function faultText(
  { path, message }: { readonly path: readonly PropertyKey[]; readonly message: string },
  matchers: readonly string[],
): string {
  const [key, place] = path;
  if (key === 'matchers') return typeof place === 'number' ? `"${printable(matchers[place] ?? '')}": ${message}` : message;
  return `${key === 'comment' ? '--comment' : key === 'owner' ? '--author' : key === 'ends' ? '--end' : String(key)}: ${message}`;
}

type Listed = SilenceRecord & { readonly state: 'active' | 'pending' | 'expired'; readonly from: 'command' | 'settings' };

/** `wardline silence list`: silences that are or will be in force, and what each kept quiet. */
function list(flags: ListFlags, io: Io): number {
  const now = io.clock.now();
  const configured = flags.config === undefined ? [] : (settingsOf(flags.config, io).settings.notify?.silences ?? []).map(recordOf);
  const store = openStore(flags.store, { beside: true });
  const recorded = store.silences.all();
  const effects = store.silences.effects();
  store.close();
  const all: Listed[] = [
    ...configured.map((silence) => ({ ...silence, from: 'settings' as const, state: stateOf(silence, now) })),
    ...recorded.map((silence) => ({ ...silence, from: 'command' as const, state: stateOf(silence, now) })),
  ];
  const shown = all.filter(({ state }) => flags.expired === true || state !== 'expired');
  if (flags.output === 'json') {
    for (const silence of shown) {
      const { count = 0, lastAt } = effects.get(silence.id) ?? {};
      const last = lastAt === undefined ? undefined : new Date(lastAt).toISOString();
      io.out(`${JSON.stringify({ ...silenceJson(silence), state: silence.state, from: silence.from, silenced: count, last })}\n`);
    }
    return EXIT.ok;
  }
  const rows = shown.map(({ id, state, matchers, ends, owner, comment }) => [
    id,
    state,
    matchers.join(' '),
    new Date(ends).toISOString(),
    owner,
    String(effects.get(id)?.count ?? 0),
    comment,
  ]);
  const columns = [
    { title: 'id' },
    { title: 'state' },
    { title: 'matchers', max: 60 },
    { title: 'ends' },
    { title: 'by', max: 20 },
    { title: 'silenced' },
    { title: 'comment', max: 40 },
  ];
  const over = all.length - shown.length;
  io.out(`${table(columns, rows)}\n${shown.length} silences${over > 0 ? `, ${over} more are over (--expired)` : ''}\n`);
  return EXIT.ok;
}

const recordOf = ({ id, matchers, starts, ends, owner, comment }: Silence): SilenceRecord => ({
  id,
  matchers: matchers.map(({ text }) => text),
  starts,
  ends,
  owner,
  comment,
  createdAt: starts,
});

const stateOf = ({ starts, ends }: SilenceRecord, now: number): Listed['state'] =>
  ends <= now ? 'expired' : starts > now ? 'pending' : 'active';

/** `wardline silence expire`: ends silences now; all of the ids are good, or nothing is done. */
function expire(prefixes: readonly string[], flags: ExpireFlags, io: Io): number {
  const now = io.clock.now();
  const actor = actorOf(flags.by, io);
  const store = openStore(flags.store, { beside: true });
  try {
    const chosen = new Map(prefixes.map((prefix) => theOne(store, prefix, now)).map((silence) => [silence.id, silence]));
    for (const silence of chosen.values()) {
      store.silences.expire(silence, now, actor, flags.comment?.trim() ?? '');
      if (flags.output === 'json') io.out(`${JSON.stringify({ id: silence.id, ends: new Date(now).toISOString() })}\n`);
      else io.out(`${silence.id} is over\n`);
    }
  } finally {
    store.close();
  }
  return EXIT.ok;
}

function theOne(store: Store, prefix: string, now: number): SilenceRecord {
  const [silence, ...others] = store.silences.find(prefix);
  if (silence === undefined)
    throw new WardlineError('usage', `no silence begins with "${printable(prefix)}"; those of the settings are ended there`);
  if (others.length > 0)
    throw new WardlineError('usage', `${others.length + 1} silences begin with "${printable(prefix)}"; write more of the id`);
  if (silence.ends <= now) throw new WardlineError('usage', `${silence.id} was over at ${new Date(silence.ends).toISOString()}`);
  return silence;
}

/** Silences that people recorded beside a run, where there is a store. */
export function recordedSilences(path: string, baseDir: string, now: number): readonly Silence[] {
  const file = resolve(baseDir, path);
  if (!existsSync(file)) return [];
  const store = openStore(file, { beside: true });
  try {
    return silencesOf(store.silences.endingAfter(now));
  } finally {
    store.close();
  }
}

export const registerSilence: Register = (program, { io, done }) => {
  const silence = program.command('silence').description('keep receivers of routes quiet for a time; alerts are stored all the same');
  silence
    .command('add')
    .argument('<matcher...>', 'all must hold: severity="low", host.name=~"db.*"; a first word alone is the name of the alert')
    .description('record a silence; prints its id')
    .addOption(storeOption())
    .requiredOption('--comment <text>', 'why; kept in the audit trail')
    .option('--author <name>', 'who answers for it (default: WARDLINE_ACTOR, else the user of the system)')
    .option('-d, --duration <time>', 'how long from its start (default: 1h)')
    .option('--start <time>', 'from when (default: now)')
    .addOption(new Option('--end <time>', 'until when').conflicts('duration'))
    .addOption(outputOption())
    .action((matchers: string[], flags: AddFlags) => done(add(matchers, flags, io)));
  silence
    .command('list', { isDefault: true })
    .description('silences that are or will be in force, and how often each kept an alert from a receiver')
    .addOption(storeOption())
    .option('-c, --config <file>', 'settings: their silences as well')
    .option('--expired', 'those that are over as well')
    .addOption(outputOption())
    .action((flags: ListFlags) => done(list(flags, io)));
  silence
    .command('expire')
    .argument('<id...>', 'the start of an id')
    .description('end silences now')
    .addOption(storeOption())
    .option('--by <name>', 'who ends it (default: WARDLINE_ACTOR, else the user of the system)')
    .option('--comment <text>', 'why; kept in the audit trail')
    .addOption(outputOption())
    .action((ids: string[], flags: ExpireFlags) => done(expire(ids, flags, io)));
};
