import { canonicalJson } from '../shared/canonical-json.ts';
import { isObject } from '../shared/json.ts';
import { type SigningKey, signBytes, strictBase64, type VerifyKey, verifyBytes } from './sign.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** The bytes a DSSE signature covers: type and payload with their lengths. */
function preAuthentication(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}

/** A DSSE envelope over a payload, as canonical JSON. */
export function signEnvelope(payload: Uint8Array, key: SigningKey): string {
  const sig = signBytes(preAuthentication(payload), key).toString('base64');
  return canonicalJson({
    payload: Buffer.from(payload).toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: key.id, sig }],
  });
}

export type Envelope = { readonly payload: Buffer; readonly keyId: string; readonly signature: Buffer };

/** Reads an envelope in the one form `signEnvelope` writes; undefined otherwise. */
export function readEnvelope(text: string): Envelope | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || canonicalJson(value) !== text) return undefined;
  const { payload, payloadType, signatures } = value;
  if (Object.keys(value).length !== 3 || payloadType !== PAYLOAD_TYPE || typeof payload !== 'string') return undefined;
  const [signature, ...others] = Array.isArray(signatures) ? signatures : [];
  if (!isObject(signature) || others.length > 0 || Object.keys(signature).length !== 2) return undefined;
  const { keyid, sig } = signature;
  if (typeof keyid !== 'string' || !/^[0-9a-f]{64}$/.test(keyid) || typeof sig !== 'string') return undefined;
  const [payloadBytes, signatureBytes] = [strictBase64(payload), strictBase64(sig)];
  if (payloadBytes === undefined || signatureBytes?.length !== 64) return undefined;
  return { payload: payloadBytes, keyId: keyid, signature: signatureBytes };
}

export function isSignedBy(envelope: Envelope, key: VerifyKey): boolean {
  return envelope.keyId === key.id && verifyBytes(preAuthentication(envelope.payload), envelope.signature, key);
}
