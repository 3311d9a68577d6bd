/** What kind of thing went wrong; stable, documented in docs/errors.md. */
export type ErrorCode = 'usage' | 'settings' | 'rules' | 'decode' | 'source' | 'sink' | 'store' | 'transport' | 'evidence' | 'internal';

/** A place in a user's file; line and column count from 1, columns in code points. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/**
 * The one error the project throws on purpose. `message` says what failed, the value, what was expected and where;
 * it never holds a secret or a URL. `retryable` is decided by the thrower: the same call may succeed later.
 */
export class WardlineError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly place: Place | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryable?: boolean; place?: Place } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WardlineError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.place = options.place;
  }
}

/** The text of anything thrown, for messages and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
