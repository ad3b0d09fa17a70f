import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../data/node.ts';
import type { EvidenceSummary } from '../../domain/evidence.ts';
import type { EvidenceId } from '../../domain/ids.ts';
import { EVIDENCE_FILES_MAX, EVIDENCE_TOTAL_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { evidenceSummaryFromJson, evidenceSummaryToJson } from '../../wire/index.ts';
import { storageFailure } from '../log/storage-failure.ts';
import type { MadeEvidence } from './evidence-order.ts';

/** Evidence bundles in a folder, under their content ids. */
export type EvidenceFiles = {
  /** Errors: "storage_full" | "storage_failed"; then nothing of it is kept. */
  put(made: MadeEvidence): Promise<Outcome<void>>;
  /** The newest first. */
  list(): readonly EvidenceSummary[];
  /** Where a bundle lies, and how large it is; null where it is not kept here. */
  find(id: EvidenceId): { readonly path: string; readonly byteLength: number } | null;
};

type Limits = { readonly filesMax: number; readonly bytesMax: number };

const USUAL_LIMITS: Limits = { filesMax: EVIDENCE_FILES_MAX, bytesMax: EVIDENCE_TOTAL_BYTES_MAX };
const BUNDLE = '.evidence';
const SUMMARY = '.json';

/**
 * Opens a folder of evidence: `<id>.evidence` is the bundle, `<id>.json` what a list tells of it.
 *
 * Each is written beside its place, flushed and renamed, the summary last: a bundle with a summary
 * is whole. Whatever else lies there is of a crash, and goes.
 * Limits: `limits`; the oldest go first.
 * Errors: "storage_full" | "storage_failed".
 */
export async function openEvidenceFiles(
  folder: string,
  limits: Limits = USUAL_LIMITS,
): Promise<Outcome<EvidenceFiles>> {
  try {
    makeFolder(folder);
    return succeed(evidenceFiles(folder, { limits, kept: await readKept(folder) }));
  } catch (cause) {
    return fail(storageFailure(cause, folder));
  }
}

function evidenceFiles(
  folder: string,
  { limits, kept }: { readonly limits: Limits; readonly kept: Map<EvidenceId, EvidenceSummary> },
): EvidenceFiles {
  let heldBytes = 0;
  for (const { byteLength } of kept.values()) heldBytes += byteLength;
  let last: Promise<unknown> = Promise.resolve();

  const makeRoom = async (byteLength: number): Promise<void> => {
    for (const [id, oldest] of kept) {
      if (kept.size < limits.filesMax && heldBytes + byteLength <= limits.bytesMax) return;
      kept.delete(id);
      heldBytes -= oldest.byteLength;
      await remove(folder, id);
    }
  };

  const put = async ({ summary, bytes }: MadeEvidence): Promise<Outcome<void>> => {
    const { id } = summary;
    if (kept.has(id)) return succeed(undefined);
    try {
      await makeRoom(bytes.byteLength);
      await writeWhole(join(folder, id + BUNDLE), bytes);
      const json = JSON.stringify(evidenceSummaryToJson(summary));
      await writeWhole(join(folder, id + SUMMARY), new TextEncoder().encode(json));
    } catch (cause) {
      await remove(folder, id);
      return fail(storageFailure(cause, folder));
    }
    kept.set(id, summary);
    heldBytes += bytes.byteLength;
    return succeed(undefined);
  };

  return {
    async put(made) {
      // One after the other: the room that one makes must not be another's.
      const done = last.then(() => put(made));
      last = done.catch(() => {});
      return done;
    },
    list: () => [...kept.values()].toReversed(),
    find(id) {
      const summary = kept.get(id);
      if (summary === undefined) return null;
      return { path: join(folder, id + BUNDLE), byteLength: summary.byteLength };
    },
  };
}

/** What is kept, the oldest first. */
async function readKept(folder: string): Promise<Map<EvidenceId, EvidenceSummary>> {
  const found: EvidenceSummary[] = [];
  const names = await readdir(folder);
  for (const name of names) {
    if (!name.endsWith(SUMMARY)) continue;
    const summary = await readSummary(join(folder, name));
    if (summary !== null && name === summary.id + SUMMARY) found.push(summary);
  }
  const whole = new Map<EvidenceId, EvidenceSummary>();
  const kept = new Set<string>();
  for (const summary of found.sort((one, other) => one.judgedAtMs - other.judgedAtMs)) {
    const bundle = summary.id + BUNDLE;
    const size = await stat(join(folder, bundle)).catch(() => null);
    if (size?.size !== summary.byteLength) continue;
    whole.set(summary.id, summary);
    kept.add(bundle).add(summary.id + SUMMARY);
  }
  for (const name of names) if (!kept.has(name)) await rm(join(folder, name), { force: true });
  return whole;
}

async function readSummary(path: string): Promise<EvidenceSummary | null> {
  try {
    const summary = evidenceSummaryFromJson(JSON.parse(await readFile(path, 'utf8')));
    return summary.ok ? summary.value : null;
  } catch {
    // Torn by a crash: its bundle goes.
    return null;
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.tmp`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

async function remove(folder: string, id: EvidenceId): Promise<void> {
  for (const end of [SUMMARY, BUNDLE, `${SUMMARY}.tmp`, `${BUNDLE}.tmp`]) {
    await rm(join(folder, id + end), { force: true }).catch(() => {});
  }
}
