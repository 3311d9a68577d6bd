/** Exit codes of every command; `evidence verify` has its own, see docs. */
export const EXIT = { ok: 0, findings: 1, usage: 2, fault: 3, interrupted: 130 } as const;
