import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  isLoopbackAddress,
  isWithin,
  parseIpNetwork,
  type IpAddress,
  type IpNetwork,
} from './ip-address.ts';

/**
 * Whether an address is one of the proxies that an operator named: networks, addresses, or
 * "loopback" for this machine.
 *
 * Errors: "config_invalid".
 */
export function parseProxies(texts: readonly string[]): Outcome<(address: IpAddress) => boolean> {
  const networks: IpNetwork[] = [];
  for (const text of texts) {
    if (text === 'loopback') continue;
    const network = parseIpNetwork(text);
    if (network === null) {
      const what = `--trusted-proxy ${text} is no network`;
      return fail(failure('config_invalid', `${what}. Write 10.0.0.0/8, an address, or loopback.`));
    }
    networks.push(network);
  }
  const hasLoopback = texts.includes('loopback');
  return succeed((address) => {
    if (hasLoopback && isLoopbackAddress(address)) return true;
    return networks.some((network) => isWithin(address, network));
  });
}
