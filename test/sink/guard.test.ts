import { describe, expect, test } from 'vitest';
import { checkUrl, guardedLookup, isPrivateAddress } from '../../src/sink/http/guard.ts';

describe('the address guard', () => {
  const refused = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fc00::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '2001:db8::1',
    'not an address',
  ];
  const allowed = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111'];
  test.each(refused)('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));
  test.each(allowed)('%s is not', (address) => expect(isPrivateAddress(address)).toBe(false));

  const strict = { name: 'soc', insecure: false, allowPrivate: false };
  test.each([
    'http://example.org/',
    'ftp://example.org/',
    'https://user:pw@example.org/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'nonsense',
  ])('the URL %s is refused, and only its host is named', (url) => {
    expect(() => checkUrl(url, strict)).toThrow(/^sink soc: (?!.*pw)/);
  });
  test('an https URL with a name is taken', () => expect(checkUrl('https://example.org/x', strict).hostname).toBe('example.org'));

  test('a name that resolves to a private address is not connected to, whatever else it resolves to', async () => {
    const resolver = ((_host: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])) as never;
    const error = await new Promise<Error | null>((resolve) =>
      guardedLookup(false, resolver)('rebind.example', { all: true }, (problem) => resolve(problem)),
    );
    expect(error?.message).toBe('rebind.example resolves to a private address');
  });
});
