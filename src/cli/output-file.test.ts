import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkOutputPaths, openOutputFile, type OutputFile } from './output-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyhands-output-'));
});

async function opened(path: string): Promise<OutputFile> {
  const file = await openOutputFile(path);
  if (!file.ok) throw new Error(file.failure.message);
  return file.value;
}

describe('openOutputFile', () => {
  it('shows nothing under its name before the commit, and all of it behind', async () => {
    const path = join(folder, 'y.npy');
    writeFileSync(path, 'former');
    const file = await opened(path);
    await file.write(new Uint8Array([1, 2]));
    expect(readFileSync(path, 'utf8')).toBe('former');
    await file.write(new Uint8Array([3]));
    expect(await file.commit()).toEqual({ ok: true, value: undefined });
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(readdirSync(folder)).toEqual(['y.npy']);
  });

  it('leaves nothing when discarded', async () => {
    const file = await opened(join(folder, 'y.npy'));
    await file.write(new Uint8Array(100));
    await file.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['a folder that is missing', (at: string) => join(at, 'none', 'y.npy'), /does not exist/],
    ['a path that is a folder', (at: string) => at, /it is a folder/],
    ['a folder that is a file', (at: string) => join(at, 'file', 'y.npy'), /cannot write/],
  ])('refuses %s', async (_, pathIn, message) => {
    writeFileSync(join(folder, 'file'), '');
    expect(await openOutputFile(pathIn(folder))).toMatchObject({
      ok: false,
      failure: { code: 'storage_failed', message: expect.stringMatching(message) },
    });
  });
});

describe('checkOutputPaths', () => {
  it('leaves no trace of its trying', async () => {
    const paths = ['a.npy', 'b.npy'].map((name) => join(folder, name));
    expect((await checkOutputPaths(paths)).ok).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses two outputs in one file', async () => {
    const path = join(folder, 'a.npy');
    expect(await checkOutputPaths([path, path])).toMatchObject({
      failure: { code: 'config_invalid' },
    });
  });
});
