import type { Server } from 'node:net';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { type Address, parseAddress } from './listen-settings.ts';

/** Begins to listen; with port 0 the answer names the port the system chose. Throws WardlineError `source`. */
export function bindServer(server: Server, { called, listen }: { readonly called: string; readonly listen: string }): Promise<Address> {
  const { host, port } = parseAddress(listen) as Address;
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void =>
      reject(new WardlineError('source', `${called} cannot listen at ${listen}: ${messageOf(error)}`, { cause: error }));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.removeListener('error', refuse);
      server.on('error', () => {});
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}
