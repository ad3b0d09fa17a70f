import type { LeaseId } from '../domain/ids.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const NUMBER_CHARS = 10;
const PREFIX = 'lease_';
/** Two characters for each ten bits. */
const PAIRS = Array.from(
  { length: 1024 },
  (_, bits) => ALPHABET.charAt(bits >> 5) + ALPHABET.charAt(bits & 31),
);

/**
 * The id of the `number`-th lease under a seed.
 *
 * Ten characters of the number make ids unique; sixteen of the seed's stream keep ids of two
 * orchestrators apart. Made again from the number, so that a stage keeps 8 bytes for each accepted
 * task. Not a secret: a report is taken only from the session that holds the lease.
 */
export function leaseIdOf(seed: number, number: number): LeaseId {
  const low = number % 2 ** 30;
  const high = Math.floor(number / 2 ** 30);
  const counted = pair(high >> 10) + pair(high) + pair(low >> 20) + pair(low >> 10) + pair(low);
  let random = '';
  let hash = mixed(seed ^ mixed(high));
  for (let part = 0; part < 4; part++) {
    hash = mixed(hash + 0x9e3779b9 + low);
    random += pair(hash >>> 20) + pair(hash >>> 10);
  }
  // Six letters and 26 characters of the alphabet are what the brand stands for.
  return (PREFIX + counted + random) as LeaseId;
}

/** The number that an id claims, for `leaseIdOf` to confirm: the id comes from outside. */
export function leaseNumberIn(lease: LeaseId): number {
  let number = 0;
  for (const character of lease.slice(PREFIX.length, PREFIX.length + NUMBER_CHARS)) {
    number = number * 32 + ALPHABET.indexOf(character);
  }
  return number;
}

function pair(bits: number): string {
  return PAIRS[bits & 1023] ?? '';
}

/** Source: the finaliser of MurmurHash3 (Appleby), which spreads every bit over all. */
function mixed(word: number): number {
  let hash = word | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
