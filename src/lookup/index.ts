import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Lookup } from '../detect/lookups/cache.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { createHttpClient } from '../sink/http/client.ts';
import type { FactSettings } from './settings.ts';

export type Provider = { readonly name: string; readonly lookup: Lookup; close(): Promise<void> };

/** Every kind of provider of facts; the compiler rejects one that is configured here but never built. */
export function createProvider(settings: FactSettings, deps: { readonly clock: Clock; readonly baseDir: string }): Provider {
  switch (settings.kind) {
    case 'http':
      return httpProvider(settings, deps.clock);
    case 'file':
      return fileProvider(settings, deps.baseDir);
  }
}

/** `POST {"fact": ..., "params": {field: value}}`; the JSON of a 200 is the fact, a 404 says that there is none. */
function httpProvider(settings: Extract<FactSettings, { kind: 'http' }>, clock: Clock): Provider {
  const client = createHttpClient(settings, clock);
  return {
    name: settings.name,
    close: () => client.close(),
    async lookup(params, signal) {
      const body = JSON.stringify({ fact: settings.name, params });
      const answer = await client.send({ headers: { 'content-type': 'application/json', accept: 'application/json' }, body }, signal);
      if ('failed' in answer) throw new WardlineError('source', answer.failed);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw new WardlineError('source', `status ${answer.status}`);
      return parse(answer.text);
    },
  };
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new WardlineError('source', 'the answer is no JSON', { cause: error });
  }
}

/** Read once; a key that is not there has no such fact. */
function fileProvider({ name, path }: Extract<FactSettings, { kind: 'file' }>, baseDir: string): Provider {
  const table = readTable(name, resolve(baseDir, path));
  return {
    name,
    close: async () => undefined,
    lookup: async (params) => {
      const key = Object.values(params).map(String).join('|');
      return Object.hasOwn(table, key) ? table[key] : undefined;
    },
  };
}

function readTable(name: string, path: string): JsonObject {
  try {
    const table = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    if (isObject(table)) return table;
  } catch (error) {
    throw new WardlineError('settings', `cannot read the facts ${name}: ${messageOf(error)}`, { cause: error });
  }
  throw new WardlineError('settings', `the facts ${name} are no JSON object`);
}
