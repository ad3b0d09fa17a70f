import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** sha-256 of every file under some files and folders, by path; what is absent has no entry. */
export async function folderDigests(
  root: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for (const path of paths) {
    for (const file of await filesUnder(join(root, path))) {
      const digest = createHash('sha256').update(await readFile(file));
      digests.set(file.slice(root.length + 1), digest.digest('hex'));
    }
  }
  return digests;
}

async function filesUnder(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) return [];
  if (found.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
