declare module 'snappyjs' {
  export function compress(bytes: Uint8Array): Uint8Array;
  /** Throws where the result would be longer than `maxLength`. */
  export function uncompress(bytes: Uint8Array, maxLength?: number): Uint8Array;
}
