// The steps of a process that change its disk, for tests that kill it at one of them.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Calls `step` before each call that changes the disk, from now on. Modules that take such calls from
 * `node:fs/promises` by name must be imported behind it.
 */
export async function countDiskSteps(step: () => void): Promise<void> {
  function counted<Method extends string>(
    target: Record<Method, (...args: never[]) => unknown>,
    method: Method,
  ): void {
    const original = target[method];
    target[method] = function (this: unknown, ...args: never[]) {
      step();
      return original.apply(this, args);
    };
  }

  // The methods that Node's files have; their types do not let them be replaced.
  const promises = fs.promises as unknown as Record<
    'rename' | 'mkdir' | 'rm',
    (...args: never[]) => unknown
  >;
  const probe = await fs.promises.open(import.meta.filename, 'r');
  const handle = Object.getPrototypeOf(probe) as Record<
    'write' | 'writeFile' | 'datasync' | 'sync' | 'truncate',
    (...args: never[]) => unknown
  >;
  await probe.close();
  for (const method of ['rename', 'mkdir', 'rm'] as const) counted(promises, method);
  for (const method of ['write', 'writeFile', 'datasync', 'sync', 'truncate'] as const) {
    counted(handle, method);
  }
  syncBuiltinESMExports();
}
