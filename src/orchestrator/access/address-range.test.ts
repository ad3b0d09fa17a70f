import { describe, expect, it } from 'vitest';
import { addressRangeOf } from './address-range.ts';
import { isLoopbackAddress, isWithin, parseIpAddress, parseIpNetwork } from './ip-address.ts';

describe('addressRangeOf', () => {
  it.each([
    ['203.0.113.7', '203.0.113.0/24'],
    ['203.0.113.255', '203.0.113.0/24'],
    ['203.0.114.0', '203.0.114.0/24'],
    ['203.0.113.7:51324', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['::ffff:cb00:7107', '203.0.113.0/24'],
    ['[::ffff:203.0.113.7]:80', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8:1:ffff::', '2001:db8:1::/48'],
    ['2001:db8:2::', '2001:db8:2::/48'],
    ['2001:DB8:0001::9', '2001:db8:1::/48'],
    ['[2001:db8:1::9]', '2001:db8:1::/48'],
    ['[2001:db8:1::9]:443', '2001:db8:1::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['[fe80::1%25eth0]:80', 'fe80:0:0::/48'],
    ['::', '0:0:0::/48'],
    ['::203.0.113.7', '0:0:0::/48'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0::/48'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3::/48'],
  ])('of %s is %s', (text, range) => {
    expect(addressRangeOf(text)).toBe(range);
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    'localhost',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.07.1',
    '0x7f.0.0.1',
    '2001:db8::1::2',
    '2001:db8:::1',
    '[2001:db8::1',
    '2001:db8::1]:80',
    ':1',
    ' 203.0.113.7',
    '203.0.113.7, 203.0.113.8',
    `203.0.113.7${'0'.repeat(80)}`,
  ])('of %j, which is no address, is that of all unknown ones', (text) => {
    expect(addressRangeOf(text)).toBe('unknown');
  });
});

const within = (address: string, network: string): boolean => {
  const [parsed, parsedNetwork] = [parseIpAddress(address), parseIpNetwork(network)];
  if (parsed === null || parsedNetwork === null) throw new Error('a test with a bad address');
  return isWithin(parsed, parsedNetwork);
};

describe('isWithin', () => {
  it.each([
    ['10.0.0.0', '10.0.0.0/8', true],
    ['10.255.255.255', '10.0.0.0/8', true],
    ['11.0.0.0', '10.0.0.0/8', false],
    ['192.168.1.127', '192.168.1.0/25', true],
    ['192.168.1.128', '192.168.1.0/25', false],
    ['192.168.1.9', '192.168.1.9', true],
    ['192.168.1.8', '192.168.1.9', false],
    ['8.8.8.8', '0.0.0.0/0', true],
    ['2001:db8::1', '0.0.0.0/0', false],
    ['2001:db8:ffff::', '2001:db8::/32', true],
    ['2001:db9::', '2001:db8::/32', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ])('of %s in %s is %s', (address, network, inside) => {
    expect(within(address, network)).toBe(inside);
  });
});

describe('parseIpNetwork', () => {
  it.each([
    '',
    'loopback',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0:80',
  ])('refuses %j', (text) => {
    expect(parseIpNetwork(text)).toBeNull();
  });

  it('refuses a length that counts from elsewhere than it seems', () => {
    expect(parseIpNetwork('::ffff:10.0.0.0/104')).toBeNull();
    expect(parseIpNetwork('2001:db8::/129')).toBeNull();
    expect(parseIpNetwork('2001:db8::/128')).not.toBeNull();
  });
});

describe('isLoopbackAddress', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['126.255.255.255', false],
    ['128.0.0.0', false],
    ['::2', false],
    ['::', false],
  ])('of %s is %s', (text, isLoopback) => {
    const address = parseIpAddress(text);
    expect(address !== null && isLoopbackAddress(address)).toBe(isLoopback);
  });
});
