import { compileRegex } from '../shared/regex.ts';
import type { Labels } from './labels.ts';

export const MATCHER_OPERATORS = ['=', '!=', '=~', '!~'] as const;
type Operator = (typeof MATCHER_OPERATORS)[number];

/** One question about one label, as Alertmanager writes it: `severity="high"`, `alertname=~"SSH.*"`. */
export type Matcher = { readonly text: string; readonly name: string; readonly operator: Operator; readonly value: string };

const FORM = /^\s*([A-Za-z_@][\w.@-]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/;

/** Reads a matcher; undefined if the text is none. */
export function parseMatcher(text: string): Matcher | undefined {
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [, name = '', operator = '=', quoted, bare] = found;
  const value = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  return { text: text.trim(), name, operator: operator as Operator, value };
}

/** All of several matchers; a missing label is empty text, a label with several values matches if one of them does. */
export type Matches = (labels: Labels) => boolean;

/** Regular expressions are anchored at both ends and linear; throws WardlineError `rules` for one that cannot be run. */
export function compileMatchers(matchers: readonly Matcher[]): Matches {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

function compileMatcher({ name, operator, value }: Matcher): Matches {
  const negated = operator === '!=' || operator === '!~';
  const regex = operator === '=~' || operator === '!~' ? compileRegex(`^(?:${value})$`, 's') : undefined;
  const test = regex === undefined ? (text: string) => text === value : (text: string) => regex.test(text);
  return (labels) => {
    const values = Object.hasOwn(labels, name) ? (labels[name] as readonly string[]) : [];
    const holds = values.length === 0 ? test('') : values.some(test);
    return holds !== negated;
  };
}
