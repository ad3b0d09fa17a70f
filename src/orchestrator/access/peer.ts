import type { IncomingHttpHeaders } from 'node:http';
import { createContextKey } from '@connectrpc/connect';
import { FORWARDED_CHARS_KEPT, FORWARDED_HOPS_MAX, PEERS_KNOWN_MAX } from '../../domain/limits.ts';
import { rangeOfAddress, UNKNOWN_RANGE, type AddressRange } from './address-range.ts';
import { isLoopbackAddress, parseIpAddress, type IpAddress } from './ip-address.ts';

/** Under this key each call's context says from where it comes; null: limits do not hold for it. */
export const PEER_RANGE = createContextKey<AddressRange | null>(null, {
  description: 'address range of whoever calls',
});

/** What is looked at of a request. */
export type PeerRequest = {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
};

/** From where a request comes; null: limits do not hold for it. */
export type PeerRangeOf = (request: PeerRequest) => AddressRange | null;

export type PeerOptions = {
  /** Whether an address is a proxy's that the operator named. */
  readonly isProxy: (address: IpAddress) => boolean;
  /** Whether limits hold for this machine's own callers too. */
  readonly limitLoopback: boolean;
  /** Told once where this machine's own callers seem to be a proxy that was not named. */
  readonly onUnnamedProxy?: () => void;
};

/**
 * Makes what says from where a request comes.
 *
 * It is the address of the connection. Where that is a named proxy's, it is the last hop of
 * X-Forwarded-For that is none: what stands before it was written by whoever calls. Without a named
 * proxy the header is not read.
 */
export function peerRanges(options: PeerOptions): PeerRangeOf {
  const { isProxy } = options;
  // Most calls come over few addresses.
  const known = new Map<string, Direct>();
  const directOf = (text: string): Direct => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const address = parseIpAddress(text);
    const direct: Direct = {
      range: address === null ? UNKNOWN_RANGE : rangeFor(address, options),
      isProxy: address !== null && isProxy(address),
      isLoopback: address !== null && isLoopbackAddress(address),
    };
    if (known.size >= PEERS_KNOWN_MAX) known.clear();
    known.set(text, direct);
    return direct;
  };
  const knownHops = new Map<string, AddressRange | null | 'proxies'>();
  const rangeBehind = (hops: string): AddressRange | null | 'proxies' => {
    const before = knownHops.get(hops);
    if (before !== undefined) return before;
    const address = lastUntrusted(hops, isProxy);
    const range =
      address === 'proxies'
        ? address
        : address === null
          ? UNKNOWN_RANGE
          : rangeFor(address, options);
    if (hops.length > FORWARDED_CHARS_KEPT) return range;
    if (knownHops.size >= PEERS_KNOWN_MAX) knownHops.clear();
    knownHops.set(hops, range);
    return range;
  };
  let hasWarned = false;
  return ({ headers, socket }) => {
    const direct = directOf(socket.remoteAddress ?? '');
    const forwarded = headers['x-forwarded-for'];
    if (forwarded === undefined) return direct.range;
    if (direct.isProxy) {
      const range = rangeBehind(String(forwarded));
      return range === 'proxies' ? direct.range : range;
    }
    if (direct.isLoopback && !hasWarned) {
      hasWarned = true;
      options.onUnnamedProxy?.();
    }
    return direct.range;
  };
}

type Direct = {
  readonly range: AddressRange | null;
  readonly isProxy: boolean;
  readonly isLoopback: boolean;
};

function rangeFor(address: IpAddress, { limitLoopback }: PeerOptions): AddressRange | null {
  return !limitLoopback && isLoopbackAddress(address) ? null : rangeOfAddress(address);
}

/** The last hop that is no proxy: null where it is no address, 'proxies' where there is none. */
function lastUntrusted(
  header: string,
  isProxy: (address: IpAddress) => boolean,
): IpAddress | null | 'proxies' {
  const hops = header.split(',').slice(-FORWARDED_HOPS_MAX);
  for (const hop of hops.toReversed()) {
    const address = parseIpAddress(hop.trim());
    if (address === null || !isProxy(address)) return address;
  }
  return 'proxies';
}
