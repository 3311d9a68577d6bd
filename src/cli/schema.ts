import { SCHEMA_KINDS, schemaText } from '../config/schemas.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Register } from './command.ts';

export const registerSchema: Register = (program, { io, done }) => {
  program
    .command('schema')
    .argument('<kind>', `one of ${SCHEMA_KINDS.join(', ')}`)
    .description('print the JSON Schema of a kind of file, for editors')
    .action((kind: string) => {
      const known = SCHEMA_KINDS.find((one) => one === kind);
      if (known === undefined) throw new WardlineError('usage', `no kind "${kind}"; write one of ${SCHEMA_KINDS.join(', ')}`);
      io.out(schemaText(known));
      done(0);
    });
};
