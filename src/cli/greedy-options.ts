import type { Command } from 'commander';
import { printableLines } from '../shared/table.ts';
import { leavesOf } from './examples.ts';

/** Where an option that takes several names has taken the arguments behind it too, the error about a missing one says so. */
export function explainGreedyOptions(program: Command): void {
  for (const { command } of leavesOf(program)) {
    const several = command.options.filter(({ variadic }) => variadic);
    if (several.length === 0 || command.registeredArguments.length === 0) continue;
    command.configureOutput({
      outputError(text, write) {
        const taken = several.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
        const missing = text.startsWith('error: missing required argument') && taken.length > 0;
        const names = taken.map(({ short, long }) => short ?? long ?? '').join(', ');
        const hint = `${names} takes every name behind it: put it last, or -- between its names and the arguments\n`;
        write(printableLines(missing ? `${text}${hint}` : text));
      },
    });
  }
}
