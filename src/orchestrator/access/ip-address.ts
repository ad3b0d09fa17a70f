import { isIP } from 'node:net';

/** An address as bytes: 4 of IPv4, 16 of IPv6. One of IPv4 inside IPv6 is one of IPv4. */
export type IpAddress = Uint8Array;

/** Addresses that agree in their first bits: `10.0.0.0/8`. */
export type IpNetwork = { readonly address: IpAddress; readonly bits: number };

/** Networks that can only be this machine. */
const LOOPBACK: readonly IpNetwork[] = [
  { address: Uint8Array.of(127, 0, 0, 0), bits: 8 },
  { address: new Uint8Array(16).with(15, 1), bits: 128 },
];

/** `1.2.3.4:80`, `[::1]` or `[::1]:80`, as proxies write hops. */
const V4_WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;
const V6_IN_BRACKETS = /^\[([^\]]{2,64})\](?::\d{1,5})?$/;

// An IPv4 address inside IPv6 (RFC 4291 section 2.5.5.2) begins so.
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

/**
 * The address that a text is, with or without port, brackets and zone; null where it is none.
 *
 * The text may come from an attacker.
 */
export function parseIpAddress(text: string): IpAddress | null {
  if (text.length > 80) return null;
  const host = V4_WITH_PORT.exec(text)?.[1] ?? V6_IN_BRACKETS.exec(text)?.[1] ?? text;
  // A zone names an interface of one machine: it says nothing of who calls.
  const [address = ''] = host.split('%', 1);
  switch (isIP(address)) {
    case 4:
      return bytesOf4(address);
    case 6:
      return unmapped(bytesOf6(address));
    default:
      return null;
  }
}

/** The network that a text is: an address, `10.0.0.0/8`; null where it is none. */
export function parseIpNetwork(text: string): IpNetwork | null {
  const [host = '', length, ...more] = text.split('/');
  const address = isIP(host) === 0 ? null : parseIpAddress(host);
  if (address === null || more.length > 0) return null;
  const most = address.byteLength * 8;
  if (length === undefined) return { address, bits: most };
  // The length of a network that is written as IPv4 inside IPv6 counts from another place.
  const isPlain = (isIP(host) === 4) === (address.byteLength === 4);
  if (!isPlain || !/^\d{1,3}$/.test(length) || Number(length) > most) return null;
  return { address, bits: Number(length) };
}

/** Whether an address lies in a network. */
export function isWithin(address: IpAddress, network: IpNetwork): boolean {
  if (address.byteLength !== network.address.byteLength) return false;
  return network.address.every((byte, index) => {
    const bits = Math.max(0, Math.min(8, network.bits - index * 8));
    const mask = 0xff & (0xff << (8 - bits));
    return ((byte ^ (address[index] ?? 0)) & mask) === 0;
  });
}

/** Whether an address can only be this machine. */
export function isLoopbackAddress(address: IpAddress): boolean {
  return LOOPBACK.some((network) => isWithin(address, network));
}

function bytesOf4(address: string): IpAddress {
  return Uint8Array.from(address.split('.'), Number);
}

/** Of an address that `isIP` found to be one of IPv6. */
function bytesOf6(address: string): IpAddress {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const [head = '', tail] = (dotted?.[1] ?? address).replace(/([^:]):$/, '$1').split('::');
  const before = groupsOf(head);
  const last = dotted?.[2] === undefined ? [] : [...bytesOf4(dotted[2])];
  const after = [...(tail === undefined ? [] : groupsOf(tail)), ...last];
  const bytes = new Uint8Array(16);
  bytes.set(before);
  bytes.set(after, 16 - after.length);
  return bytes;
}

function groupsOf(text: string): number[] {
  const groups = text.split(':').filter((group) => group !== '');
  return groups.flatMap((group) => [
    Number.parseInt(group, 16) >> 8,
    Number.parseInt(group, 16) & 255,
  ]);
}

function unmapped(bytes: IpAddress): IpAddress {
  return MAPPED.every((byte, index) => bytes[index] === byte) ? bytes.subarray(12) : bytes;
}
