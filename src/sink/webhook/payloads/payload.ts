import type { AlertDocument } from '../../sink.ts';

/** A body ready to be sent. `path`: in place of the path of the receiver's url. */
export type Payload = { readonly contentType: string; readonly body: string; readonly path?: string };

/** A pure function of the alert, so that a retry sends the same bytes; undefined: the receiver is not told of this step. */
export type MakePayload = (alert: AlertDocument) => Payload | undefined;

export const json = (value: unknown, contentType = 'application/json'): Payload => ({ contentType, body: JSON.stringify(value) });
