import type { Expr } from './expr.ts';

/** One thing an allow entry asks for besides `when`: a question to the event, and the words for a violation. */
export type Check = {
  readonly name: string;
  readonly field: string;
  readonly wanted: string;
  readonly expr: Expr;
  readonly detector: string;
};

export type AllowEntry = { readonly id: string; readonly when: Expr; readonly require: readonly Check[] };
export type ForbidEntry = { readonly id: string; readonly when: Expr };

/** A zero-trust policy over accesses in its scope: any allow, no forbid; default deny. */
export type Policy = {
  readonly scope: Expr;
  readonly allow: readonly AllowEntry[];
  readonly forbid: readonly ForbidEntry[];
};
