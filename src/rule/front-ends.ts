import { anomaly } from './anomaly/index.ts';
import { exception } from './exception/index.ts';
import type { FrontEnd } from './front-end.ts';
import { jsonRules } from './json-rules/index.ts';
import { context } from './policy/context.ts';
import { policy } from './policy/index.ts';
import { reconciliation } from './policy/reconciliation.ts';
import { traceRule } from './policy/trace-rule.ts';
import { sigma } from './sigma/index.ts';

/** Every rule language; the first that recognises a document reads it. */
export const frontEnds: readonly FrontEnd[] = [policy, reconciliation, traceRule, context, exception, jsonRules, anomaly, sigma];
