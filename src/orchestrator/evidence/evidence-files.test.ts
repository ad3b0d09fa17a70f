import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentId, JobId } from '../../domain/ids.ts';
import { evidenceIdOf } from '../../integrity/index.ts';
import { freshFolder, valueOf } from '../volunteer.contract.ts';
import { openEvidenceFiles } from './evidence-files.ts';
import type { MadeEvidence } from './evidence-order.ts';

async function made(mark: number, byteLength = 10): Promise<MadeEvidence> {
  const bytes = new Uint8Array(byteLength).fill(mark);
  const summary = {
    id: await evidenceIdOf(bytes),
    agent: 'A'.repeat(43) as AgentId,
    job: `job_${'0'.repeat(26)}` as JobId,
    rows: { start: 0, end: 2 },
    check: 'recompute',
    reason: `wrong ${mark}`,
    judgedAtMs: mark,
    byteLength,
    isSigned: true,
  } as const;
  return { bytes, summary };
}

const reasons = (files: { list(): readonly { readonly reason: string }[] }): string[] =>
  files.list().map(({ reason }) => reason);

describe('a folder of evidence', () => {
  it('gives back what was put, the newest first, also when it is opened again', async () => {
    const folder = freshFolder();
    const first = valueOf(await openEvidenceFiles(folder));
    const [one, two] = [await made(1), await made(2)];
    valueOf(await first.put(one));
    valueOf(await first.put(two));
    valueOf(await first.put(two));
    const again = valueOf(await openEvidenceFiles(folder));
    for (const files of [first, again]) {
      expect(files.list()).toEqual([two.summary, one.summary]);
      const found = files.find(one.summary.id);
      expect(found).toMatchObject({ byteLength: 10 });
      expect(new Uint8Array(readFileSync(found?.path ?? ''))).toEqual(one.bytes);
    }
  });

  it.each([
    ['as many as may be', { filesMax: 2, bytesMax: 100 }, 10, ['wrong 2', 'wrong 1']],
    ['one too many', { filesMax: 1, bytesMax: 100 }, 10, ['wrong 2']],
    ['as many bytes as may be', { filesMax: 9, bytesMax: 20 }, 10, ['wrong 2', 'wrong 1']],
    ['a byte too many', { filesMax: 9, bytesMax: 20 }, 11, ['wrong 2']],
  ])('with %s keeps the newest', async (_, limits, byteLength, kept) => {
    const folder = freshFolder();
    const files = valueOf(await openEvidenceFiles(folder, limits));
    valueOf(await files.put(await made(1)));
    valueOf(await files.put(await made(2, byteLength)));
    expect(reasons(files)).toEqual(kept);
    expect(readdirSync(folder)).toHaveLength(2 * kept.length);
  });

  it.each<[string, (path: { bundle: string; summary: string }) => void]>([
    ['a bundle without a summary', ({ summary }) => rmSync(summary)],
    ['a summary without a bundle', ({ bundle }) => rmSync(bundle)],
    ['a summary that was torn', ({ summary }) => writeFileSync(summary, '{"id":')],
    ['a bundle that was torn', ({ bundle }) => writeFileSync(bundle, 'x')],
    ['an unfinished file', ({ bundle }) => writeFileSync(`${bundle}.tmp`, 'x')],
  ])('clears away %s, and nothing else', async (what, damage) => {
    const folder = freshFolder();
    const files = valueOf(await openEvidenceFiles(folder));
    const [one, two] = [await made(1), await made(2)];
    valueOf(await files.put(one));
    valueOf(await files.put(two));
    const path = join(folder, two.summary.id);
    damage({ bundle: `${path}.evidence`, summary: `${path}.json` });
    const again = valueOf(await openEvidenceFiles(folder));
    const kept = what.startsWith('an') ? ['wrong 2', 'wrong 1'] : ['wrong 1'];
    expect(reasons(again)).toEqual(kept);
    expect(readdirSync(folder)).toHaveLength(2 * kept.length);
  });

  it('says that it cannot be written, and keeps nothing of that', async () => {
    const folder = freshFolder();
    const files = valueOf(await openEvidenceFiles(folder));
    rmSync(folder, { recursive: true });
    expect(await files.put(await made(1))).toMatchObject({
      ok: false,
      failure: { code: 'storage_failed' },
    });
    expect(files.list()).toEqual([]);
  });
});
