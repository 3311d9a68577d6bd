import type { Note } from '../correlate/correlator.ts';
import { isoTime } from '../event/time.ts';
import type { Logger } from '../shared/logger.ts';

/** Logs what was not decided and why, and which budgets were reached; that a baseline is being learned is no cause for concern. */
export function tellNote(note: Note, logger: Logger): void {
  if (note.kind === 'pressure') {
    logger.warn({ rule: note.rule, evicted: note.evicted }, 'the state budget of a rule is reached; groups were evicted');
    return;
  }
  if (note.kind === 'bounded') {
    logger.warn({ rule: note.rule, values: note.dropped }, 'the state of a group is full; values were let go or not counted');
    return;
  }
  const about = { rule: note.rule, group: note.group.values };
  if (note.reason === 'silent') logger.warn(about, 'not decided: a source was silent');
  else logger.info({ ...about, since: isoTime(note.window.start) }, 'not decided yet: the baseline of the group is being learned');
}
