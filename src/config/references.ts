import { statSync } from 'node:fs';
import { messageOf } from '../shared/errors.ts';
import { readRegularFile } from '../shared/read-file.ts';
import { Secret } from '../shared/secret.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A reference that could not be resolved; the path says where it stands in the settings. */
export type ReferenceProblem = {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly severity: 'error' | 'warning';
};

const WHOLE = /^\$\{(env|file):([^}]+)\}$/;

/**
 * Replaces every `${env:NAME}` and `${file:/path}` that is a whole value by a `Secret`. Whether a setting wants a secret
 * or plain text is the schema's affair; `load-settings` turns those that want text back into it.
 */
export function resolveReferences(
  value: unknown,
  environment: Environment,
  problems: ReferenceProblem[],
  path: readonly (string | number)[] = [],
): unknown {
  if (Array.isArray(value)) return value.map((item, i) => resolveReferences(item, environment, problems, [...path, i]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolveReferences(item, environment, problems, [...path, key])]),
    );
  }
  if (typeof value !== 'string') return value;
  const reference = WHOLE.exec(value);
  if (reference === null) return value;
  const [, kind, name = ''] = reference;
  const text = kind === 'env' ? environment[name] : readSecretFile(name, path, problems);
  if (text === undefined) {
    if (kind === 'env') problems.push({ path, severity: 'error', message: `the environment variable ${name} is not set` });
    return value;
  }
  return new Secret(text);
}

function readSecretFile(file: string, path: readonly (string | number)[], problems: ReferenceProblem[]): string | undefined {
  try {
    const text = readRegularFile(file)
      .toString()
      .replace(/\r?\n$/, '');
    // A certificate is for everybody to read; what is not one may be a secret.
    if ((statSync(file).mode & 0o027) !== 0 && !/^-----BEGIN CERTIFICATE-----/.test(text))
      problems.push({ path, severity: 'warning', message: `others can read or change the file ${file}; chmod 0640 or less` });
    return text;
  } catch (error) {
    problems.push({ path, severity: 'error', message: `the file ${file} cannot be read: ${messageOf(error)}` });
    return undefined;
  }
}
