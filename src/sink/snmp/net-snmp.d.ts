/** The part of the package that is used here; it carries no types of its own. */
declare module 'net-snmp' {
  export type Varbind = { readonly oid: string; readonly type: number; readonly value: string | number };
  export type Session = {
    trap(oid: string, varbinds: readonly Varbind[], done: (error: Error | null) => void): void;
    inform(oid: string, varbinds: readonly Varbind[], done: (error: Error | null) => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
    close(): void;
  };
  export type User = {
    readonly name: string;
    readonly level: number;
    readonly authProtocol: number;
    readonly authKey: string;
    readonly privProtocol: number;
    readonly privKey: string;
  };
  export type Options = {
    readonly version?: number;
    readonly trapPort: number;
    readonly port: number;
    readonly retries: number;
    readonly timeout: number;
  };
  const snmp: {
    createSession(host: string, community: string, options: Options): Session;
    createV3Session(host: string, user: User, options: Options): Session;
    readonly Version2c: number;
    readonly Version3: number;
    readonly ObjectType: { readonly OctetString: number };
    readonly SecurityLevel: { readonly authPriv: number };
    readonly AuthProtocols: { readonly sha: number; readonly sha256: number; readonly sha512: number };
    readonly PrivProtocols: { readonly aes: number };
  };
  export default snmp;
}
