/** num / den >= threshold in exact integers: a share like 0.9999 is read by its decimal digits, never as a binary fraction. */
export function ratioAtLeast(num: number, den: number, threshold: number): boolean {
  const { units, scale } = decimal(threshold);
  return BigInt(num) * scale >= units * BigInt(den);
}

function decimal(value: number): { readonly units: bigint; readonly scale: bigint } {
  const text = String(value).includes('e') ? value.toFixed(20) : String(value);
  const [whole = '0', fraction = ''] = text.split('.');
  return { units: BigInt(whole + fraction), scale: 10n ** BigInt(fraction.length) };
}
