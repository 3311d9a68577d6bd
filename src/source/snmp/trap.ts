import type { Pdu } from 'net-snmp';
import type { JsonObject, JsonValue } from '../../shared/json.ts';

const UPTIME = '1.3.6.1.2.1.1.3.0';
const TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
const STANDARD = '1.3.6.1.6.3.1.1.5';
const ENTERPRISE_SPECIFIC = 6;

/** Notifications every device may send (RFC 3418, RFC 2863). */
const STANDARD_NAMES: Readonly<Record<string, string>> = {
  [`${STANDARD}.1`]: 'coldStart',
  [`${STANDARD}.2`]: 'warmStart',
  [`${STANDARD}.3`]: 'linkDown',
  [`${STANDARD}.4`]: 'linkUp',
  [`${STANDARD}.5`]: 'authenticationFailure',
  [`${STANDARD}.6`]: 'egpNeighborLoss',
};

export type TrapOptions = {
  readonly version: '1' | '2c' | '3';
  readonly confirmed: boolean;
  readonly address: string;
  readonly names: Readonly<Record<string, string>>;
  /** Names of value types by their number. */
  readonly typeName: (type: number) => string;
};

/**
 * A trap as the record that is kept of it. Traps of the first version get the object identifier of the second (RFC 3584,
 * section 3.1); the time since the device started is no time stamp. Communities are not kept.
 */
export function trapRecord(pdu: Pdu, { version, confirmed, address, names, typeName }: TrapOptions): JsonObject {
  const values = pdu.varbinds.map(({ oid, type, value }) => ({ oid, type: typeName(type), value: plain(value) }));
  const named = values.find(({ oid }) => oid === TRAP_OID)?.value;
  const oid = version === '1' ? secondVersionOid(pdu) : String(named ?? '');
  const uptime = version === '1' ? pdu.upTime : values.find((one) => one.oid === UPTIME)?.value;
  const name = names[oid] ?? STANDARD_NAMES[oid];
  return {
    trap_oid: oid,
    ...(name === undefined ? {} : { trap_name: name }),
    version,
    confirmed,
    sender: address,
    ...(pdu.agentAddr === undefined ? {} : { agent_address: pdu.agentAddr }),
    ...(pdu.enterprise === undefined ? {} : { enterprise: pdu.enterprise }),
    ...(pdu.user === undefined ? {} : { user: pdu.user }),
    ...(typeof uptime === 'number' ? { uptime_ticks: uptime } : {}),
    varbinds: values.filter((one) => one.oid !== UPTIME && one.oid !== TRAP_OID),
  };
}

function secondVersionOid({ enterprise, generic, specific }: Pdu): string {
  return generic === ENTERPRISE_SPECIFIC ? `${enterprise ?? ''}.0.${specific ?? 0}` : `${STANDARD}.${(generic ?? 0) + 1}`;
}

const PRINTABLE = /^[\t\n\r\x20-\x7e\u{a0}-\u{10ffff}]*$/u;

/** Text where octets are text, else hex as SNMP tools print it. */
function plain(value: unknown): JsonValue {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    const text = bytes.toString('utf8');
    if (bytes.length === 8 && !PRINTABLE.test(text)) return wide(bytes);
    return PRINTABLE.test(text) && Buffer.byteLength(text) === bytes.length ? text : bytes.toString('hex');
  }
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : String(value);
}

/** Counters of 64 bits come as their bytes. */
function wide(bytes: Buffer): JsonValue {
  const value = bytes.readBigUInt64BE();
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}
