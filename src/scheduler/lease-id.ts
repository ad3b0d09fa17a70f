import type { LeaseId } from '../domain/ids.ts';
import type { LeaseNumber } from './slot-number.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const NUMBER_CHARS = 10;
const RANDOM_CHARS = 16;
/** Numbers are split here, for arithmetic of 32 bits. */
const LOW = 2 ** 30;
const PREFIX = 'lease_';
/** Value of each character, by its code. */
const VALUES = new Uint8Array(128);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;
/** Two characters for each ten bits. */
const PAIRS = Array.from(
  { length: 1024 },
  (_, bits) => ALPHABET.charAt(bits >> 5) + ALPHABET.charAt(bits & 31),
);

/**
 * The id of a lease under a seed, as agents know it.
 *
 * Ten characters of the number make ids of one log unique; sixteen of the seed's stream keep those
 * of two apart: of two orchestrators, and of two processes that went on from one backup. Inside,
 * leases go by their number. Not a secret: a report is taken only from the session that holds the
 * lease.
 */
export function leaseIdOf(seed: number, number: LeaseNumber): LeaseId {
  const high = Math.floor(number / LOW);
  const low = number - high * LOW;
  const counted = pair(high >> 10) + pair(high) + pair(low >> 20) + pair(low >> 10) + pair(low);
  let random = '';
  let hash = mixed(seed ^ mixed(high));
  for (let part = 0; part < RANDOM_CHARS / 4; part++) {
    hash = mixed(hash + 0x9e3779b9 + low);
    random += pair(hash >>> 20) + pair(hash >>> 10);
  }
  // Six letters and 26 characters of the alphabet are what the brand stands for.
  return (PREFIX + counted + random) as LeaseId;
}

/** The number that an id from outside claims to be of: `isLeaseIdUnder` finds out. */
export function numberInLeaseId(id: LeaseId): LeaseNumber {
  let claimed = 0;
  for (let at = PREFIX.length; at < PREFIX.length + NUMBER_CHARS; at++) {
    claimed = claimed * 32 + (VALUES[id.charCodeAt(at)] ?? 0);
  }
  return claimed as LeaseNumber;
}

/**
 * Whether a seed gives this id to the number in it.
 *
 * As comparing with `leaseIdOf`, without making text: every result of every report comes by here.
 */
export function isLeaseIdUnder(
  seed: number,
  { number, id }: { readonly number: LeaseNumber; readonly id: LeaseId },
): boolean {
  const high = Math.floor(number / LOW);
  const low = number - high * LOW;
  let hash = mixed(seed ^ mixed(high));
  for (let at = PREFIX.length + NUMBER_CHARS; at < id.length; at += 4) {
    hash = mixed(hash + 0x9e3779b9 + low);
    // The twenty bits that two pairs are made of.
    const told =
      (valueAt(id, at) << 15) |
      (valueAt(id, at + 1) << 10) |
      (valueAt(id, at + 2) << 5) |
      valueAt(id, at + 3);
    if (told !== ((hash >>> 10) & 0xfffff)) return false;
  }
  return true;
}

function valueAt(id: LeaseId, at: number): number {
  return VALUES[id.charCodeAt(at)] ?? 0;
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
