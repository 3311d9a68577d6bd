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
  /** A trap or inform as it came; the first version has a form of its own (RFC 1157). */
  export type Pdu = {
    readonly type: number;
    readonly community?: string;
    readonly user?: string;
    readonly varbinds: readonly { readonly oid: string; readonly type: number; readonly value: unknown }[];
    readonly enterprise?: string;
    readonly agentAddr?: string;
    readonly generic?: number;
    readonly specific?: number;
    readonly upTime?: number;
  };
  type Peer = { readonly address: string; readonly port: number };
  type Answer = { readonly pdu: { readonly type: number }; toBuffer(): Buffer };
  export type Receiver = {
    getAuthorizer(): { addCommunity(name: string): void; addUser(user: User): void };
    readonly listener: {
      send(message: Answer, peer: Peer, socket: { send(bytes: Buffer, port: number, address: string, done: () => void): void }): void;
      readonly sockets: Readonly<Record<string, { on(event: 'listening', done: () => void): void; address(): { readonly port: number } }>>;
    };
    close(done?: () => void): void;
  };
  const snmp: {
    createReceiver(
      options: {
        readonly port: number;
        readonly address: string;
        readonly transport: 'udp4' | 'udp6';
        readonly includeAuthentication: boolean;
      },
      take: (error: Error | null, received: { readonly pdu: Pdu; readonly rinfo: Peer }) => void,
    ): Receiver;
    readonly PduType: { readonly Trap: number; readonly TrapV2: number; readonly InformRequest: number; readonly GetResponse: number };
    createSession(host: string, community: string, options: Options): Session;
    createV3Session(host: string, user: User, options: Options): Session;
    readonly Version2c: number;
    readonly Version3: number;
    readonly ObjectType: Readonly<Record<string | number, number | string>> & { readonly OctetString: number };
    readonly SecurityLevel: { readonly authPriv: number };
    readonly AuthProtocols: { readonly sha: number; readonly sha256: number; readonly sha512: number };
    readonly PrivProtocols: { readonly aes: number };
  };
  export default snmp;
}
