import { forget, token } from './session.js';

/** What the port answered when it was not what was asked for. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(path, options = {}) {
  const response = await fetch(path, {
    ...options,
    credentials: 'omit',
    headers: { ...options.headers, authorization: `Bearer ${token() ?? ''}` },
  }).catch(() => {
    throw new Refused(0, 'Wardline does not answer.');
  });
  if (response.ok) return response.json();
  if (response.status === 401) forget();
  throw new Refused(response.status, (await response.text()).trim());
}

export const get = (path) => call(path);
export const post = (path, body) =>
  call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
