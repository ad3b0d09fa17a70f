import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { NPY_HEADER_BYTES_MAX } from '../domain/limits.ts';
import type { Outcome } from '../domain/outcome.ts';
import { rowBytes } from '../domain/tensor.ts';
import { equalBytes } from '../integrity/index.ts';
import { openBlob, parseNpyHeader, readSlice, sinkOf, writeBlob } from './index.ts';
import { openFileBlocks } from './node.ts';

const path = fileURLToPath(new URL('../../../shared/data/mnist-test-images.npy', import.meta.url));

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

it('streams the real digits into a folder of blocks and reads rows of them back', async ({
  skip,
}) => {
  if (!existsSync(path)) skip('the digits are not here');
  const folder = await mkdtemp(join(tmpdir(), 'real-digits-'));
  try {
    const store = must(await openFileBlocks(folder));
    const ref = must(await writeBlob(sinkOf(store), createReadStream(path)));
    const blob = must(await openBlob(store, ref));
    const file = await readFile(path);
    expect(ref.byteLength).toBe(file.byteLength);
    const prefix = { blob, byteOffset: 0, byteLength: NPY_HEADER_BYTES_MAX };
    const header = must(parseNpyHeader(must(await readSlice(store, prefix)), ref.byteLength));
    const bytesOfRow = rowBytes(header);
    for (const row of [0, 333, 334, 5000, 9999]) {
      const byteOffset = header.dataOffset + row * bytesOfRow;
      const read = must(await readSlice(store, { blob, byteOffset, byteLength: bytesOfRow }));
      expect(equalBytes(read, file.subarray(byteOffset, byteOffset + bytesOfRow))).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
