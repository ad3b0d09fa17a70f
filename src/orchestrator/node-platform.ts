import { createHash, randomBytes } from 'node:crypto';
import type { Platform } from './platform.ts';

/** Node's timers, randomness and cryptography. */
export const nodePlatform: Platform = {
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs).unref();
    return () => clearTimeout(timer);
  },
  soon: (call) => void setImmediate(call),
  randomBytes: (count) => new Uint8Array(randomBytes(count)),
  digestOf: async (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
};
