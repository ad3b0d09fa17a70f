import type { LeaseId } from '../domain/ids.ts';
import { randomStream } from '../domain/random.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const NUMBER_CHARS = 10;
const RANDOM_CHARS = 16;
const PREFIX = 'lease_';

/**
 * The id of the `number`-th lease under a seed.
 *
 * Ten characters of the number make ids unique; sixteen of the seed's stream keep ids of two
 * orchestrators apart. Made again from the number, so that a stage keeps 8 bytes for each accepted
 * task. Not a secret: a report is taken only from the session that holds the lease.
 */
export function leaseIdOf(seed: number, number: number): LeaseId {
  let text = '';
  for (let rest = number, at = 0; at < NUMBER_CHARS; at++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  const random = randomStream(seed, `lease ${number}`);
  for (let at = 0; at < RANDOM_CHARS; at += 4) {
    const bits = random.nextUint32();
    text +=
      ALPHABET.charAt(bits & 31) +
      ALPHABET.charAt((bits >>> 5) & 31) +
      ALPHABET.charAt((bits >>> 10) & 31) +
      ALPHABET.charAt((bits >>> 15) & 31);
  }
  // Six letters and 26 characters of the alphabet are what the brand stands for.
  return (PREFIX + text) as LeaseId;
}

/** The number that an id claims, for `leaseIdOf` to confirm: the id comes from outside. */
export function leaseNumberIn(lease: LeaseId): number {
  let number = 0;
  for (const character of lease.slice(PREFIX.length, PREFIX.length + NUMBER_CHARS)) {
    number = number * 32 + ALPHABET.indexOf(character);
  }
  return number;
}
