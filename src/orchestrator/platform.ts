/** What an orchestrator takes from the machine under it, beside its clock. A simulation gives its own. */
export type Platform = {
  /** Calls once after so many milliseconds; returns how to cancel that. Keeps no process alive. */
  readonly after: (delayMs: number, call: () => void) => () => void;
  /** Calls once whatever else is under way in this turn had its turn too. */
  readonly soon: (call: () => void) => void;
  /** Bytes that nobody can foretell. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** The sha-256 digest of bytes. */
  readonly digestOf: (bytes: Uint8Array) => Promise<Uint8Array>;
};

/** Settles after so many milliseconds. */
export function pause({ after }: Pick<Platform, 'after'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => void after(delayMs, resolve));
}
