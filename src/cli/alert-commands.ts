import type { Command } from 'commander';
import type { ActionKind } from '../alert/actions.ts';
import { type ActionFlags, actOnAlert } from './alert-actions.ts';
import { type ListFlags, listAlerts, type StoreFlags, showAlert } from './alerts.ts';
import { outputOption, type Register, storeOption } from './command.ts';

export const registerAlerts: Register = (program, { io, done }) => {
  const alerts = program.command('alerts').description('alerts of a store');
  alerts
    .command('list', { isDefault: true })
    .description('the newest alerts')
    .addOption(storeOption())
    .option('--limit <n>', 'how many', '50')
    .option('--status <status>', 'only those that go on (open, acknowledged) or are over (closed)')
    .option('--workflow <state>', 'only those nobody took up (new), acknowledged or closed by somebody')
    .option('--level <level>', 'only this level and above')
    .addOption(outputOption())
    .action((flags: ListFlags) => done(listAlerts(flags, io)));
  alerts
    .command('show')
    .argument('<id>', 'the start of an id')
    .description('one alert: why, evidence, history; as JSON every document of it')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((id: string, flags: StoreFlags) => done(showAlert(id, flags, io)));
  const action = (name: string, argument: string, description: string): Command =>
    alerts
      .command(`${name} <id>${argument}`)
      .description(description)
      .addOption(storeOption())
      .option('--by <name>', 'who acts (default: WARDLINE_ACTOR, else the user of the system)');
  const act = (kind: ActionKind, id: string, flags: ActionFlags): void => done(actOnAlert(kind, id, flags, io));
  action('ack', '', 'say that somebody works on an alert')
    .option('--comment <text>', 'kept with the action')
    .action((id: string, flags: ActionFlags) => act('acknowledge', id, flags));
  action('disposition', ' <value>', 'judge an alert: true_positive, false_positive or benign')
    .option('--comment <text>', 'kept with the action')
    .action((id: string, disposition: string, flags: ActionFlags) => act('disposition', id, { ...flags, disposition }));
  action('comment', ' <text>', 'add a comment to an alert').action((id: string, comment: string, flags: ActionFlags) =>
    act('comment', id, { ...flags, comment }),
  );
  action('close', '', 'close an alert; while its rule still holds a new one opens (alerts.onClose)')
    .option('--disposition <value>', 'judge it as well')
    .option('--comment <text>', 'kept with the action')
    .action((id: string, flags: ActionFlags) => act('close', id, flags));
};
