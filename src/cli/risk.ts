import { createRisk } from '../alert/risk.ts';
import { riskSettings } from '../alert/settings.ts';
import { table } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import type { StoreFlags } from './alerts.ts';
import { outputOption, type Register, storeOption } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { wholeNumber } from './flag-values.ts';
import { settingsOf } from './load.ts';

type RiskFlags = StoreFlags & { readonly limit: string; readonly config?: string };

export const registerRisk: Register = (program, { io, done }) => {
  program
    .command('risk')
    .description('users, hosts, addresses and services by their risk, as of the newest alert')
    .addOption(storeOption())
    .option('-c, --config <file>', 'settings: half-life and criticality')
    .option('--limit <n>', 'how many', '20')
    .addOption(outputOption())
    .action((flags: RiskFlags) => {
      const limit = wholeNumber(flags.limit, '--limit');
      const settings = flags.config === undefined ? riskSettings.parse({}) : settingsOf(flags.config, io).settings.risk;
      const store = openStore(flags.store, { readOnly: true });
      const list = createRisk(settings, store.reducers.load('risk')?.state).list();
      store.close();
      const shown = list.slice(0, limit);
      if (flags.output === 'json') {
        for (const { entity, score, time, alerts } of shown)
          io.out(`${JSON.stringify({ ...entity, score, newest: new Date(time).toISOString(), alerts })}\n`);
      } else {
        const rows = shown.map(({ entity, score, time, alerts }) => [
          score.toFixed(1),
          entity.kind,
          entity.value,
          String(alerts),
          new Date(time).toISOString().slice(0, 19).replace('T', ' '),
        ]);
        io.out(
          `${table([{ title: 'risk' }, { title: 'kind' }, { title: 'entity', max: 60 }, { title: 'alerts' }, { title: 'newest' }], rows)}\n`,
        );
        io.out(`${list.length} entities${list.length > limit ? ', those of lower risk are left out (--limit)' : ''}\n`);
      }
      done(EXIT.ok);
    });
};
