import { z } from 'zod';
import { ACTION_KINDS, DISPOSITIONS } from '../alert/actions.ts';
import type { CanarySettings } from '../evidence/canary-settings.ts';
import type { Board } from '../pipeline/board.ts';
import { recordAction } from '../pipeline/operate.ts';
import type { Clock } from '../shared/clock.ts';
import { WardlineError } from '../shared/errors.ts';
import type { KeptAlerts } from '../sink/elasticsearch-alerts.ts';
import type { Store } from '../store/store.ts';
import { alertHistory, alertPage, keptPage } from './alert-pages.ts';

/** Alerts of a form that keeps none itself. */
export type Elsewhere = {
  /** In words: which topic and which sinks have them. */
  readonly where: string;
  /** A sink that can be asked; undefined: none can. */
  readonly kept: { readonly name: string; readonly alerts: KeptAlerts } | undefined;
};

/** What the console shows; `store` is absent in processes of the distributed form that do not have the role `operate`. */
export type ConsoleParts = {
  readonly board: Board;
  readonly clock: Clock;
  readonly store: Store | undefined;
  readonly elsewhere?: Elsewhere | undefined;
  readonly canaries: readonly CanarySettings[];
  /** True when the settings name a key that signs the evidence. */
  readonly signed: boolean;
};

const one = <const T extends readonly string[]>(values: T) => z.enum(values).optional();
const querySchema = z.strictObject({
  level: one(['informational', 'low', 'medium', 'high', 'critical']),
  status: one(['open', 'acknowledged', 'closed']),
  workflow: one(['new', 'acknowledged', 'closed']),
  q: z.string().max(200).optional(),
  before: z.coerce.number().int().min(1).optional(),
});

const actionSchema = z
  .strictObject({
    kind: z.enum(ACTION_KINDS),
    disposition: z.enum(DISPOSITIONS).optional(),
    comment: z.string().trim().min(1).max(4000).optional(),
  })
  .refine(({ kind, comment }) => kind === 'acknowledge' || comment !== undefined, { error: 'is missing; say why', path: ['comment'] })
  .refine(({ kind, disposition }) => kind !== 'disposition' || disposition !== undefined, { error: 'is missing', path: ['disposition'] });

/** A request that cannot be answered as it is; `status` and text go to the caller. */
export class BadRequest extends Error {
  readonly status: 400 | 404 | 409 | 413 | 503;

  constructor(status: 400 | 404 | 409 | 413 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** The first fault with the key it is about, or with what as a whole has it. */
function faultText({ issues: [first] }: z.ZodError, whole: string): string {
  const key = first?.path.join('.') ?? '';
  return `${key === '' ? whole : key}: ${first?.message}`;
}

export type ConsoleData = ReturnType<typeof createConsole>;

/** The answers of `/api/...`, without HTTP. */
export function createConsole({ board, clock, store, elsewhere, canaries, signed }: ConsoleParts) {
  const form = (): string => board.status().form;
  return {
    async alerts(query: Readonly<Record<string, string>>): Promise<object> {
      const parsed = querySchema.safeParse(query);
      if (!parsed.success) throw new BadRequest(400, faultText(parsed.error, 'the query'));
      if (store !== undefined) return { form: form(), counts: store.alerts.count(), ...alertPage(store, parsed.data) };
      const { where, kept } = elsewhere ?? { where: 'alerts are with the sinks', kept: undefined };
      if (kept === undefined) return { form: form(), where };
      return { form: form(), where, from: kept.name, ...(await reachable(keptPage(kept.alerts, parsed.data))) };
    },
    async alert(id: string): Promise<object> {
      const found = store === undefined ? await keptHistory(elsewhere, id) : alertHistory(store, id);
      if (found === undefined) throw new BadRequest(404, 'there is no such alert');
      return found;
    },
    /** Durable when it returns; the engine writes it into the evidence before it takes effect. */
    act(id: string, body: unknown, actor: string, address: string): object {
      const parsed = actionSchema.safeParse(body);
      if (!parsed.success) throw new BadRequest(400, faultText(parsed.error, 'the body'));
      const { kind, disposition, comment } = parsed.data;
      if (store === undefined) throw new BadRequest(409, 'alerts are acted on at a process with the role operate, or where they are kept');
      if (store.alerts.latest('alert', id) === undefined) throw new BadRequest(404, 'there is no such alert');
      try {
        recordAction(store, { alert: id, kind, actor, address, at: clock.now(), disposition, comment });
      } catch (error) {
        if (error instanceof WardlineError && error.code === 'usage') throw new BadRequest(409, error.message);
        throw error;
      }
      return { recorded: true };
    },
    rules(): object {
      const rules = [...(board.ruleset()?.byId.values() ?? [])].map(({ id, kind, meta }) => ({
        id,
        title: meta.title,
        level: meta.level,
        kind,
        file: `${meta.place.file}:${meta.place.line}`,
        ...board.activity(id),
      }));
      rules.sort((a, b) => b.matches + b.alerts - (a.matches + a.alerts) || (a.title < b.title ? -1 : 1));
      const { ruleset: active, brokenRules } = board.status();
      return { rules, digest: active?.digest, activatedAt: active?.activatedAt, broken: brokenRules };
    },
    evidence(): object {
      const { ledger } = board.status();
      const exceptions = (board.ruleset()?.exceptions ?? []).map(({ id, effect, owner, reason, expires }) => ({
        id,
        effect,
        owner,
        reason,
        expires: new Date(Number(expires / 1_000_000n)).toISOString(),
      }));
      return {
        form: form(),
        ledger,
        signed,
        gaps: board.gaps(),
        exceptions,
        canaries: canaries.map(({ id, rule }) => ({ id, rule, ...board.canary(id) })),
      };
    },
  };
}

/** A sink that does not answer is said to the person who asks; the engine goes on without it. */
async function reachable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WardlineError) throw new BadRequest(503, error.message);
    throw error;
  }
}

async function keptHistory(elsewhere: Elsewhere | undefined, id: string) {
  if (elsewhere?.kept === undefined) return undefined;
  const documents = await reachable(elsewhere.kept.alerts.transitions(id));
  return documents.length === 0
    ? undefined
    : {
        documents,
        pending: [],
        readOnly: `Alerts are acted on at a process with the role operate, or where they are kept: ${elsewhere.where}.`,
      };
}
