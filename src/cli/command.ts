import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { RunEngine } from '../pipeline/run-options.ts';
import type { Io } from './io.ts';
import { settingsOf } from './load.ts';

/** What a command is given: the world, the engine, and where its exit code goes. */
export type CommandContext = { readonly io: Io; readonly runEngine: RunEngine; readonly done: (code: number) => void };

/** Adds one command, with its flags and its help, to the program. Each command's file has one; `program.ts` lists them. */
export type Register = (program: Command, context: CommandContext) => void;

/** A command with both flags and without `--store` looks at the store of the settings that were named. */
export function takeStoreOfSettings(command: Command, io: Io): void {
  const { config } = command.opts<{ config?: string }>();
  const named = ['cli', 'env'].includes(command.getOptionValueSource('config') ?? '');
  if (!named || config === undefined || command.getOptionValueSource('store') !== 'default') return;
  const { settings, baseDir } = settingsOf(config, { ...io, err: () => undefined });
  command.setOptionValueWithSource('store', resolve(baseDir, settings.state.path), 'config');
}

/** Flags that several commands share, so that they are spelt and explained alike. */
export const configOption = (): Option => new Option('-c, --config <file>', 'settings').env('WARDLINE_CONFIG').default('wardline.yaml');
export const storeOption = (): Option => new Option('--store <file>', 'the store of a run').default('wardline.db');
export const outputOption = (): Option =>
  new Option('-o, --output <form>', 'form of the output').choices(['table', 'json']).default('table');
