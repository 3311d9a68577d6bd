import { Option } from 'commander';
import { addToken, readTokens, revokeToken, TOKEN_ROLES, type TokenRole } from '../admin/tokens.ts';
import { table } from '../shared/table.ts';
import { outputOption, type Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { durationOf } from './flag-values.ts';
import type { Io } from './io.ts';

type FileFlags = { readonly file: string };
type AddFlags = FileFlags & { readonly role: TokenRole; readonly expires: string };

/** `wardline token add NAME`: prints the token, once; the file keeps its SHA-256. */
export function tokenAdd(name: string, { file, role, expires }: AddFlags, io: Io): number {
  const now = io.clock.now();
  const until = now + durationOf(expires, '--expires');
  const token = addToken(file, name, role, now, until);
  io.err(`token of ${name}, ${role}, until ${new Date(until).toISOString()}; it is shown only now\n`);
  io.out(`${token}\n`);
  return EXIT.ok;
}

/** `wardline token list`: who has which role, and until when. */
export function tokenList({ file, output }: FileFlags & { readonly output: 'table' | 'json' }, io: Io): number {
  const tokens = readTokens(file).map(({ name, role, created, expires }) => {
    const state = Date.parse(expires) <= io.clock.now() ? 'expired' : 'valid';
    return { name, role, state, created, expires };
  });
  if (output === 'json') io.out(`${JSON.stringify({ version: 1, tokens })}\n`);
  else
    io.out(
      `${table(
        ['name', 'role', 'state', 'expires'].map((title) => ({ title })),
        tokens.map((one) => [one.name, one.role, one.state, one.expires]),
      )}\n`,
    );
  return EXIT.ok;
}

/** `wardline token revoke NAME`: a running engine knows at the next call. */
export function tokenRevoke(name: string, { file }: FileFlags, io: Io): number {
  revokeToken(file, name);
  io.out(`the token of ${name} is revoked\n`);
  return EXIT.ok;
}

const fileOption = (): Option => new Option('--file <path>', 'file of the tokens (admin.tokens)').default('wardline-tokens.json');

export const registerToken: Register = (program, { io, done }) => {
  const token = program.command('token').description('tokens for the admin port and the console');
  token
    .command('add <name>')
    .description('make a token and print it')
    .addOption(fileOption())
    .addOption(
      new Option('--role <role>', 'viewer reads, operator acts on alerts, admin also manages').choices([...TOKEN_ROLES]).default('viewer'),
    )
    .option('--expires <duration>', 'how long it is valid', '90d')
    .action((name: string, flags: AddFlags) => done(tokenAdd(name, flags, io)));
  token
    .command('list')
    .description('names, roles and ends of tokens')
    .addOption(fileOption())
    .addOption(outputOption())
    .action((flags: FileFlags & { output: 'table' | 'json' }) => done(tokenList(flags, io)));
  token
    .command('revoke <name>')
    .description('make a token invalid')
    .addOption(fileOption())
    .action((name: string, flags: FileFlags) => done(tokenRevoke(name, flags, io)));
};
