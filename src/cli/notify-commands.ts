import { readFileSync } from 'node:fs';
import { factsOf } from '../notify/facts.ts';
import { mutedBy } from '../notify/flush.ts';
import { labelText } from '../notify/labels.ts';
import { compileMatchers } from '../notify/matcher.ts';
import { compileRoute, routesFor } from '../notify/route.ts';
import { createSilences } from '../notify/silence.ts';
import { durationText } from '../shared/duration.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { isObject, type JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import { printable, table } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import type { StoreFlags } from './alerts.ts';
import { configOption, outputOption, type Register, storeOption } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { wholeNumber } from './flag-values.ts';
import type { Io } from './io.ts';
import { settingsOf } from './load.ts';
import { recordedSilences } from './silences.ts';

type RouteFlags = { readonly config: string; readonly alert: string; readonly output: 'table' | 'json' };
type LogFlags = StoreFlags & { readonly limit: string; readonly alert?: string };

export const registerNotify: Register = (program, { io, done }) => {
  program
    .command('route')
    .description('routes of the settings')
    .command('test')
    .description('which receivers an alert goes to, by which route, and what would keep it quiet')
    .addOption(configOption())
    .requiredOption('--alert <file>', 'an alert document, as wardline alerts show -o json prints it')
    .addOption(outputOption())
    .action((flags: RouteFlags) => done(testRoute(flags, io)));
  program
    .command('notifications')
    .description('what was decided about notifying of alerts, and why')
    .addOption(storeOption())
    .option('--alert <id>', 'the start of the id of one alert')
    .option('--limit <n>', 'how many', '50')
    .addOption(outputOption())
    .action((flags: LogFlags) => done(listDecisions(flags, io)));
};

function testRoute(flags: RouteFlags, io: Io): number {
  const { settings, baseDir } = settingsOf(flags.config, io);
  const { notify } = settings;
  if (notify === undefined) throw new WardlineError('usage', `${flags.config} has no routes (notify); every sink gets every alert`);
  const facts = factsOf(readAlert(flags.alert));
  const now = io.clock.now();
  const intervals = new Map(notify.timeIntervals.map((interval) => [interval.name, interval]));
  const silencedBy = createSilences([...notify.silences, ...recordedSilences(settings.state.path, baseDir, now)])(facts.labels, now);
  const targetOf = notify.inhibit.filter(({ target }) => compileMatchers(target)(facts.labels)).map(({ name }) => name);
  const routes = routesFor(compileRoute(notify.route), facts.labels).map((route) => ({
    receiver: route.receiver,
    route: route.path,
    group:
      route.groupBy === undefined ? 'each alert' : Object.fromEntries(route.groupBy.map((name) => [name, labelText(facts.labels, name)])),
    groupWait: msText(route.groupWaitMs),
    groupInterval: msText(route.groupIntervalMs),
    repeatInterval: msText(route.repeatIntervalMs),
    mutedBy: mutedBy(route, now, intervals),
  }));
  if (flags.output === 'json') {
    io.out(
      `${JSON.stringify({ labels: facts.labels, buildingBlock: facts.buildingBlock, routes, silencedBy, inhibitedIfSource: targetOf })}\n`,
    );
    return EXIT.ok;
  }
  const rows = routes.map((route) => [
    route.receiver,
    route.route,
    typeof route.group === 'string' ? route.group : JSON.stringify(route.group),
    `${route.groupWait}, ${route.groupInterval}, ${route.repeatInterval}`,
    route.mutedBy ?? '',
  ]);
  io.out(
    `${table([{ title: 'receiver' }, { title: 'route', max: 70 }, { title: 'group', max: 50 }, { title: 'wait, interval, repeat' }, { title: 'muted by' }], rows)}\n`,
  );
  if (facts.buildingBlock) io.out('a building block: stored, nobody is notified\n');
  if (silencedBy !== undefined) io.out(`silenced by ${printable(silencedBy)}\n`);
  if (targetOf.length > 0) io.out(`kept quiet while a source fires: ${printable(targetOf.join(', '))}\n`);
  return EXIT.ok;
}

function readAlert(file: string): JsonObject {
  try {
    const [line = ''] = readFileSync(file, 'utf8')
      .trim()
      .split(/\n(?=\{)/);
    const document: unknown = JSON.parse(line);
    if (isObject(document) && at(document, 'wardline.alert.id') !== undefined) return document;
  } catch (error) {
    throw new WardlineError('usage', `cannot read an alert from ${file}: ${messageOf(error)}`);
  }
  throw new WardlineError('usage', `${file} is no alert document: it has no wardline.alert.id`);
}

const msText = (ms: number): string => (ms === 0 ? '0s' : durationText(BigInt(ms) * 1_000_000n));

function listDecisions(flags: LogFlags, io: Io): number {
  const limit = wholeNumber(flags.limit, '--limit');
  const store = openStore(flags.store, { readOnly: true });
  try {
    const [alert] = flags.alert === undefined ? [undefined] : store.alerts.alertIds(flags.alert);
    if (flags.alert !== undefined && alert === undefined)
      throw new WardlineError('usage', `no alert begins with "${printable(flags.alert)}"`);
    const log = [...store.notifications.log(alert, limit)].reverse();
    if (flags.output === 'json') for (const one of log) io.out(`${JSON.stringify(one)}\n`);
    else {
      const rows = log.map((one) => [new Date(one.at).toISOString(), one.alert.slice(0, 12), one.receiver, one.decision, one.by ?? '']);
      io.out(
        `${table([{ title: 'time' }, { title: 'alert' }, { title: 'receiver' }, { title: 'decision' }, { title: 'by', max: 60 }], rows)}\n`,
      );
    }
  } finally {
    store.close();
  }
  return EXIT.ok;
}
