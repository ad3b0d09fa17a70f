import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { must } from '../../ledger/example-log.contract.ts';
import { archiveTargetContract } from './archive-target.contract.ts';
import { folderTarget } from './folder-target.ts';

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'folder-target-'));
  folders.push(folder);
  return join(folder, 'archive');
}
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});
const { signal } = new AbortController();

describe('an archive in a folder', () => {
  archiveTargetContract(async () => {
    const folder = await newFolder();
    const anew = () => folderTarget(folder);
    return { target: anew(), anew, settle: async () => {} };
  });

  it('makes nothing as long as nothing is posted', async () => {
    const folder = await newFolder();
    must(await folderTarget(folder).list('key', signal));
    expect(await readdir(join(folder, '..'))).toEqual([]);
  });

  it('fails by name where a file is in its way', async () => {
    const folder = await newFolder();
    await writeFile(folder, 'in the way');
    const item = { id: 'A'.repeat(43), first: 0, end: 1, bytes: new Uint8Array(9) };
    const posting = folderTarget(folder).post({ ...item, payload: new Uint8Array(9) }, signal);
    await expect(posting).resolves.toMatchObject({ failure: { code: 'storage_failed' } });
  });
});
