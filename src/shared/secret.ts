import { inspect } from 'node:util';
import { z } from 'zod';

const REDACTED = '[redacted]';

/** A value that no log, error, report or JSON shows. Read in one place per client, with `reveal()`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/**
 * A setting that must be a secret: the settings loader turns `${env:NAME}` and `${file:/path}` into `Secret` before
 * validation, so a literal in the file is an error here. In a setting of plain text such a reference becomes its text.
 */
export const secretText = z.instanceof(Secret, { error: 'a secret is never written out here; write ${env:NAME} or ${file:/path}' });
