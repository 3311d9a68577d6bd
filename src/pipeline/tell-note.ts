import type { Note } from '../correlate/correlator.ts';
import { isoTime } from '../event/time.ts';
import type { Logger } from '../shared/logger.ts';

/** Logs what was not decided and why; that a baseline is being learned is no cause for concern. Budgets are told of with their counts (losses.ts). */
export function tellNote(note: Note, logger: Logger): void {
  if (note.kind !== 'undecided') return;
  const about = { rule: note.rule, group: note.group.values };
  if (note.reason === 'silent') logger.warn(about, 'not decided: a source was silent');
  else logger.info({ ...about, since: isoTime(note.window.start) }, 'not decided yet: the baseline of the group is being learned');
}
