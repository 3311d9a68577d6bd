import { alertTable } from './alert-row.ts';
import type { ConsoleSinkSettings } from './settings.ts';
import type { Sink } from './sink.ts';

/** Alerts on standard output: a table for people, or one JSON document per line for programs. */
export function createConsoleSink({ name, format }: ConsoleSinkSettings, write: (text: string) => void): Sink {
  let first = true;
  return {
    name,
    async write(alerts) {
      const documents = alerts.map(({ document }) => document);
      if (format === 'ndjson') for (const document of documents) write(`${JSON.stringify(document)}\n`);
      else if (documents.length > 0) {
        const [head, ...rows] = alertTable(documents).split('\n');
        write(`${first ? `${head}\n` : ''}${rows.join('\n')}\n`);
        first = false;
      }
      return alerts.map(({ id }) => ({ id, outcome: 'stored' }));
    },
    async close() {},
  };
}
