import { expect, test } from 'vitest';
import { compileNetwork } from '../../src/detect/networks.ts';

test.each([
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', '::ffff:0a01:0203', true],
  ['10.0.0.0/8', '10.1.2', false],
  ['10.0.0.0/8', '10.1.2.3:445', false],
  // Octal to some readers, decimal to others.
  ['10.0.0.0/8', '10.080.1.1', false],
  ['8.0.0.0/8', '010.0.0.1', false],
  ['10.0.0.0/8', '::ffff:10.01.2.3', false],
  ['0.0.0.0/0', '0.0.0.0', true],
  ['2001:db8::/32', '2001:0db8::1%eth0', true],
  ['2001:db8::/32', '2001:db9::1', false],
])('%s and %s: %s', (network, text, inside) => {
  expect(compileNetwork(network)(text)).toBe(inside);
});
