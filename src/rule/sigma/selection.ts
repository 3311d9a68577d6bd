import { isList, isMap, type Plain, type SourceDocument } from '../document.ts';
import type { LoadContext } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { type Chain, readChain } from './modifier-chain.ts';
import { compileValue, type ItemValue } from './modifiers.ts';
import { expandPlaceholders } from './placeholders.ts';

export type SelectionContext = { readonly document: SourceDocument; readonly report: ProblemReporter; readonly load: LoadContext };

/** One search identifier: a map is AND, a list is OR of its members, scalars are keywords. Undefined after a reported error. */
export function compileSelection(value: Plain, path: DocumentPath, context: SelectionContext): Expr | undefined {
  if (isMap(value)) return compileMap(value, path, context);
  if (isList(value)) {
    if (value.length === 0) return fail(context, path, 'sigma/empty-selection', 'an empty list selects nothing');
    const members = value.map((member, i) => compileSelection(member, [...path, i], context));
    return every(members, 'or');
  }
  return compileItem(null, [], value, path, context);
}

function compileMap(map: Readonly<Record<string, Plain>>, path: DocumentPath, context: SelectionContext): Expr | undefined {
  const entries = Object.entries(map);
  if (entries.length === 0) return fail(context, path, 'sigma/empty-selection', 'an empty map selects nothing');
  const items = entries.map(([key, value]) => {
    const [field = '', ...modifiers] = key.split('|');
    return compileItem(field === '' ? null : field, modifiers, value, [...path, key], context);
  });
  return every(items, 'and');
}

function compileItem(
  field: string | null,
  modifiers: readonly string[],
  value: Plain,
  path: DocumentPath,
  context: SelectionContext,
): Expr | undefined {
  const { report } = context;
  const chain = readChain(modifiers);
  if ('problem' in chain) return fail(context, path, 'sigma/modifier', chain.problem, 'key');
  if (chain.warning !== undefined) report.warn(path, 'sigma/no-effect', chain.warning, undefined, 'key');
  if (isMap(value)) return fail(context, path, 'sigma/value', 'a map cannot be the value of a field');
  const listed = isList(value);
  const values = listed ? (value.length === 0 ? [null] : value) : [value];
  if (listed && value.length === 0)
    report.warn(path, 'sigma/null-in-list', 'an empty list matches events without the field; write null if that is meant');
  if (chain.all && values.length === 1) report.warn(path, 'sigma/all-single', '"all" has no effect on a single value');
  if (chain.exists && listed) return fail(context, path, 'sigma/value', '"exists" takes one value, true or false');
  const exprs: (Expr | undefined)[] = values.map((one, i) => {
    const at = listed && value.length > 0 ? [...path, i] : path;
    if (isMap(one) || isList(one)) return fail(context, at, 'sigma/value', 'a value is a text, a number, true, false or null');
    if (one === null && listed && value.length > 0)
      report.warn(at, 'sigma/null-in-list', 'null in a list also matches events without the field');
    return compileVariants(
      field,
      chain,
      {
        value: one,
        source: one === null ? '' : (context.document.sourceText(at) ?? String(one)),
        quoted: context.document.isQuoted(at),
      },
      at,
      context,
    );
  });
  const whole = every(exprs, chain.all ? 'and' : 'or');
  return whole !== undefined && chain.neq ? { op: 'not', of: whole } : whole;
}

function compileVariants(
  field: string | null,
  chain: Chain,
  item: ItemValue,
  path: DocumentPath,
  context: SelectionContext,
): Expr | undefined {
  if (!chain.expand) return compileOne(field, chain, item, path, context);
  const expanded = expandPlaceholders(item.source, context.load.placeholders);
  if ('problem' in expanded) return fail(context, path, 'sigma/placeholder', expanded.problem);
  return every(
    expanded.texts.map((source) => compileOne(field, chain, { value: source, source, quoted: true }, path, context)),
    'or',
  );
}

function compileOne(field: string | null, chain: Chain, item: ItemValue, path: DocumentPath, context: SelectionContext): Expr | undefined {
  const compiled = compileValue(field, chain, item);
  if ('problem' in compiled) {
    context.report.error(path, compiled.code ?? 'sigma/value', compiled.problem, compiled.at);
    return undefined;
  }
  if (compiled.warning !== undefined)
    context.report.warn(path, compiled.warning.code ?? 'sigma/look-alike', compiled.warning.problem, compiled.warning.at);
  return compiled.expr;
}

/** Joins members; undefined if any failed, since a part of a rule is not the rule. */
function every(members: readonly (Expr | undefined)[], op: 'and' | 'or'): Expr | undefined {
  const known = members.filter((member) => member !== undefined);
  if (known.length < members.length) return undefined;
  return known.length === 1 ? known[0] : { op, of: known };
}

function fail({ report }: SelectionContext, path: DocumentPath, code: string, message: string, what: 'key' | 'value' = 'value'): undefined {
  report.error(path, code, message, undefined, what);
  return undefined;
}
