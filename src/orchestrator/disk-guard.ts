import { statfs } from 'node:fs/promises';
import { failure } from '../domain/failure.ts';
import { DISK_LOOK_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

const MIB = 1024 * 1024;
/** Keeps the last of the disk for the log: blocks are refused before events are. */
export type DiskGuard = {
  /** Errors: "storage_full". */
  roomFor(byteLength: number): Promise<Outcome<void>>;
};

export function diskGuard(options: {
  readonly folder: string;
  readonly reserveMib: number;
  readonly now: () => number;
}): DiskGuard {
  let freeBytes = 0;
  let lookedAtMs = -Infinity;
  return {
    async roomFor(byteLength) {
      if (options.now() - lookedAtMs > DISK_LOOK_MS) {
        const disk = await statfs(options.folder);
        freeBytes = disk.bavail * disk.bsize;
        lookedAtMs = options.now();
      }
      freeBytes -= byteLength;
      if (freeBytes >= options.reserveMib * MIB) return succeed(undefined);
      const text = `less than ${options.reserveMib} MiB are free on the disk of ${options.folder}`;
      return fail(failure('storage_full', `${text}. Free some space (--disk-reserve).`, 5_000));
    },
  };
}
