import { parseIpAddress, type IpAddress } from './ip-address.ts';

declare const brand: unique symbol;
/** Addresses that most often have one owner: `203.0.113.0/24`, `2001:db8:1::/48`. */
export type AddressRange = string & { readonly [brand]: 'AddressRange' };

/** Who calls from an address that is none: all of them count as one. */
export const UNKNOWN_RANGE = 'unknown' as AddressRange;

/**
 * The range of an address: /24 of IPv4, /48 of IPv6, which is what one customer is given; the
 * range of all unknown ones where the text is no address.
 *
 * The text may come from an attacker.
 */
export function addressRangeOf(text: string): AddressRange {
  const address = parseIpAddress(text);
  return address === null ? UNKNOWN_RANGE : rangeOfAddress(address);
}

/** As `addressRangeOf`, of an address. */
export function rangeOfAddress(address: IpAddress): AddressRange {
  const byte = (index: number): number => address[index] ?? 0;
  // Both are of the form above.
  if (address.byteLength === 4) return `${byte(0)}.${byte(1)}.${byte(2)}.0/24` as AddressRange;
  const groups = [0, 2, 4].map((index) => ((byte(index) << 8) | byte(index + 1)).toString(16));
  return `${groups.join(':')}::/48` as AddressRange;
}
