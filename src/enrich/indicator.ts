/** What an indicator is of; a file is told by its hash. */
export type IndicatorType = 'ip' | 'domain' | 'url' | 'file' | 'email';

/** One value from threat intelligence. Times in milliseconds since the epoch. */
export type Indicator = {
  readonly type: IndicatorType;
  /** An address or network, a domain (which means what is below it too), a URL, a hash, a mail address. */
  readonly value: string;
  readonly id?: string;
  readonly name?: string;
  readonly provider?: string;
  readonly confidence?: string;
  readonly description?: string;
  readonly reference?: string;
  readonly from?: number;
  readonly until?: number;
};

/** The type a value has by its form. */
export function typeOfValue(value: string): IndicatorType | undefined {
  if (/^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$|^[0-9a-f]{128}$/i.test(value)) return 'file';
  if (/^[a-z][a-z0-9+.-]{1,15}:\/\//i.test(value)) return 'url';
  if (/^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?$/.test(value) || /^[0-9a-f]*:[0-9a-f:.]*(?:\/\d{1,3})?$/i.test(value)) return 'ip';
  if (/^[^\s@]{1,64}@[^\s@]{1,255}$/.test(value)) return 'email';
  return /^(?:[\w-]{1,63}\.)+[\w-]{2,63}\.?$/.test(value) ? 'domain' : undefined;
}
