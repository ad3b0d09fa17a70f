import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProgramsNow } from '../network/processes.ts';

const folders = new Set<string>();

/** Makes a folder that is gone when this process is, however that ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-bench-'));
  folders.add(folder);
  return folder;
}

/** Deletes a temporary folder before the end. */
export function removeFolder(folder: string): void {
  // A browser that was just closed may still write its profile.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  folders.delete(folder);
}

/** Makes Ctrl-C, like any end of this process, leave no program and no folder behind. */
export function leaveNothingBehind(): void {
  process.on('exit', () => {
    endProgramsNow();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
}
