import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../console');
const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

/** Every file of the console, by its path on the port. What is not in this list is not served: no path reaches the disk. */
const FILES = {
  '/': 'index.html',
  '/console/style.css': 'style.css',
  '/console/icon.svg': 'icon.svg',
  '/console/main.js': 'main.js',
  '/console/dom.js': 'dom.js',
  '/console/api.js': 'api.js',
  '/console/session.js': 'session.js',
  '/console/alerts.js': 'alerts.js',
  '/console/alert.js': 'alert.js',
  '/console/actions.js': 'actions.js',
  '/console/rules.js': 'rules.js',
  '/console/sources.js': 'sources.js',
  '/console/evidence.js': 'evidence.js',
} as const;

export type ConsoleFile = { readonly path: string; readonly type: string; readonly body: Uint8Array<ArrayBuffer> };

/** Read once, at start. */
export function consoleFiles(): readonly ConsoleFile[] {
  return Object.entries(FILES).map(([path, name]) => {
    const end = name.slice(name.lastIndexOf('.') + 1) as keyof typeof TYPES;
    return { path, type: TYPES[end], body: new Uint8Array(readFileSync(join(FOLDER, name))) };
  });
}
