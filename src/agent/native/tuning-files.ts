import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../data/node.ts';
import { TUNING_RECORD_CHARS_MAX } from '../../domain/limits.ts';
import type { TuningStore } from '../../kernels/index.ts';

/** Beside the agent's key; no secret, and it may be deleted at any time. */
export function defaultTuningFolder(): string {
  return join(homedir(), '.manyhands', 'gpu-tuning');
}

/** Keeps how GPUs were tuned in a folder, a file each: whole or absent. */
export function tuningFiles(folder: string): TuningStore {
  const fileOf = (key: string): string => {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
    return join(folder, `${name}.json`);
  };
  return {
    read: async (key) => {
      const file = await open(fileOf(key), 'r').catch(() => null);
      if (file === null) return null;
      try {
        // Whatever lies there, no more is read than a record can have and one byte.
        const { buffer, bytesRead } = await file.read({
          buffer: Buffer.alloc(TUNING_RECORD_CHARS_MAX + 1),
        });
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await file.close();
      }
    },
    write: async (key, text) => {
      makeFolder(folder);
      const unfinished = `${fileOf(key)}.${randomBytes(6).toString('hex')}`;
      try {
        await writeFile(unfinished, text, { flag: 'wx', mode: 0o600 });
        await rename(unfinished, fileOf(key));
      } finally {
        await rm(unfinished, { force: true });
      }
    },
  };
}
