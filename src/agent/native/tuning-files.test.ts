import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TUNING_RECORD_CHARS_MAX } from '../../domain/limits.ts';
import { tuningFiles } from './tuning-files.ts';

function emptyFolder(): string {
  return join(mkdtempSync(join(tmpdir(), 'tuning-')), 'made');
}

it('keeps a text a key, the last one written, and leaves nothing else', async () => {
  const folder = emptyFolder();
  const store = tuningFiles(folder);
  expect(await store.read('../a gpu')).toBeNull();
  await store.write('../a gpu', 'one');
  await store.write('another', 'two');
  await store.write('../a gpu', 'three');
  const again = tuningFiles(folder);
  expect([await again.read('../a gpu'), await again.read('another')]).toEqual(['three', 'two']);
  expect(readdirSync(folder).filter((name) => /^[0-9a-f]{16}\.json$/.test(name))).toHaveLength(2);
  expect(readdirSync(folder)).toHaveLength(2);
});

it('reads no more of a file than shows that it is no record', async () => {
  const folder = emptyFolder();
  const store = tuningFiles(folder);
  await store.write('gpu', 'text');
  const [name = ''] = readdirSync(folder);
  writeFileSync(join(folder, name), 'x'.repeat(TUNING_RECORD_CHARS_MAX * 3));
  expect(await store.read('gpu')).toHaveLength(TUNING_RECORD_CHARS_MAX + 1);
});

it('rejects where it cannot write', async () => {
  const folder = emptyFolder();
  writeFileSync(folder, 'a file');
  await expect(tuningFiles(folder).write('gpu', 'text')).rejects.toThrow('made');
  expect(await tuningFiles(folder).read('gpu')).toBeNull();
});
