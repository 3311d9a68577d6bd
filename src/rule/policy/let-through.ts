import type { Expr } from '../ir/expr.ts';

/** What a policy enforcement point let through: everything that is not said to be refused. */
export const LET_THROUGH: Expr = {
  op: 'not',
  of: {
    op: 'or',
    of: [
      // A log of decisions, postures or grants alone is no access.
      { op: 'present', field: 'wardline.record' },
      { op: 'text', field: 'event.type', pattern: ['denied'], cased: false },
      { op: 'text', field: 'event.outcome', pattern: ['failure'], cased: false },
    ],
  },
};
