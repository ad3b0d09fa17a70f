import type { JobId } from '../../domain/ids.ts';
import type { Platform } from '../platform.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/** A new job's id: ten characters of the time in ms, so that ids sort by age, and sixteen random. */
export function newJobId(nowMs: number, { randomBytes }: Pick<Platform, 'randomBytes'>): JobId {
  let time = '';
  for (let rest = nowMs, at = 0; at < TIME_CHARS; at++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  const random = Array.from(randomBytes(RANDOM_CHARS), (byte) => ALPHABET.charAt(byte & 31));
  // "job_" and 26 characters of the alphabet are what `parseJobId` accepts.
  return `job_${time}${random.join('')}` as JobId;
}
