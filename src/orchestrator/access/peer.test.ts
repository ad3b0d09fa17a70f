import { describe, expect, it } from 'vitest';
import { valueOf } from '../volunteer.contract.ts';
import { peerRanges, type PeerRequest } from './peer.ts';
import { parseProxies } from './trusted-proxies.ts';

function request(remoteAddress: string | undefined, forwarded?: string): PeerRequest {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { headers, socket: { remoteAddress } };
}

function rangeOf(asked: PeerRequest, proxies: readonly string[], limitLoopback = false) {
  return peerRanges({ isProxy: valueOf(parseProxies(proxies)), limitLoopback })(asked);
}

describe('peerRanges, without a named proxy', () => {
  it.each([
    ['203.0.113.7', undefined, '203.0.113.0/24'],
    ['::ffff:203.0.113.7', undefined, '203.0.113.0/24'],
    // Spoofed: whoever calls may write what it likes.
    ['203.0.113.7', '127.0.0.1', '203.0.113.0/24'],
    ['203.0.113.7', '198.51.100.1', '203.0.113.0/24'],
    ['203.0.113.7', '198.51.100.1, 127.0.0.1', '203.0.113.0/24'],
    ['127.0.0.1', undefined, null],
    ['::1', undefined, null],
    ['127.0.0.1', '198.51.100.1', null],
    [undefined, undefined, 'unknown'],
  ])('of %s, forwarded for %s, is %s', (address, forwarded, range) => {
    expect(rangeOf(request(address, forwarded), [])).toBe(range);
  });

  it('limits this machine where that is wanted', () => {
    expect(rangeOf(request('127.0.0.1'), [], true)).toBe('127.0.0.0/24');
    expect(rangeOf(request('::1'), [], true)).toBe('0:0:0::/48');
  });

  it('tells once of a proxy on this machine that was not named', () => {
    let told = 0;
    const find = (proxies: readonly string[]) =>
      peerRanges({
        isProxy: valueOf(parseProxies(proxies)),
        limitLoopback: false,
        onUnnamedProxy: () => told++,
      });
    find(['loopback'])(request('127.0.0.1', '203.0.113.7'));
    const unnamed = find([]);
    unnamed(request('203.0.113.7', '203.0.113.7'));
    unnamed(request('127.0.0.1'));
    expect(told).toBe(0);
    unnamed(request('127.0.0.1', '203.0.113.7'));
    unnamed(request('127.0.0.1', '203.0.113.7'));
    expect(told).toBe(1);
  });
});

describe('peerRanges, behind named proxies', () => {
  it.each([
    ['127.0.0.1', '203.0.113.7', '203.0.113.0/24'],
    ['127.0.0.1', '203.0.113.7:443', '203.0.113.0/24'],
    ['127.0.0.1', '2001:db8:1::9', '2001:db8:1::/48'],
    ['127.0.0.1', '203.0.113.7, 10.1.2.3', '203.0.113.0/24'],
    ['10.1.2.3', '203.0.113.7,127.0.0.1 ,10.9.9.9', '203.0.113.0/24'],
    // Spoofed: what stands before the hop that a proxy wrote.
    ['127.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.0/24'],
    ['127.0.0.1', '127.0.0.1, 203.0.113.7', '203.0.113.0/24'],
    ['127.0.0.1', 'garbage, 203.0.113.7', '203.0.113.0/24'],
    ['127.0.0.1', 'garbage', 'unknown'],
    ['127.0.0.1', '', 'unknown'],
    ['127.0.0.1', '203.0.113.7, garbage', 'unknown'],
    ['127.0.0.1', undefined, null],
    ['10.1.2.3', undefined, '10.1.2.0/24'],
    ['10.1.2.3', '10.4.5.6', '10.1.2.0/24'],
    // Not a proxy of ours: its word is not believed.
    ['203.0.113.7', '198.51.100.1', '203.0.113.0/24'],
  ])('of %s, forwarded for %s, is %s', (address, forwarded, range) => {
    expect(rangeOf(request(address, forwarded), ['loopback', '10.0.0.0/8'])).toBe(range);
  });

  it('looks at the last hops only', () => {
    const hops = ['203.0.113.7', ...Array.from({ length: 1_000 }, () => '10.0.0.1')];
    expect(rangeOf(request('10.1.2.3', hops.join(',')), ['10.0.0.0/8'])).toBe('10.1.2.0/24');
  });
});

describe('parseProxies', () => {
  it.each(['10.0.0.0/33', 'proxy.example', '10.0.0.0/8x', ''])('refuses %j', (text) => {
    const refused = { code: 'config_invalid', message: expect.stringContaining('--trusted-proxy') };
    expect(parseProxies([text])).toMatchObject({ ok: false, failure: refused });
  });
});
