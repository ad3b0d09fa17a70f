import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import {
  cosign,
  encodeForkProof,
  formatNote,
  formatVerifierKey,
  noteKeyOf,
  signCheckpoint,
  type NoteSigner,
} from '../../ledger/index.ts';
import { knownSigner, must, policyText } from '../../ledger/example-log.contract.ts';
import { GetRecordResponseSchema } from '../../wire/index.ts';
import { functionNamed, recordViewFrom, waitingCount, withLastTrusted } from './record-view.ts';

const ROOT = new Uint8Array(32).fill(7);

async function noteSigner(seed: number, name: string): Promise<NoteSigner> {
  return { name, signer: await knownSigner(seed) };
}

const log = await noteSigner(1, 'example.org/log');
const witness = await noteSigner(2, 'example.org/witness');

async function view(change: MessageInitShape<typeof GetRecordResponseSchema>) {
  const about = { origin: log.name, verifierKey: formatVerifierKey(noteKeyOf(log)), size: 12n };
  return recordViewFrom(create(GetRecordResponseSchema, { ...about, ...change }));
}

async function checkpointOf(by: NoteSigner, size = 10, root: Uint8Array = ROOT) {
  return signCheckpoint(by, { size, root });
}

it('shows a new record that has no checkpoint yet', async () => {
  const record = must(await view({ size: 0n }));
  expect(record).toMatchObject({ checkpoint: { kind: 'none' }, archive: null, forks: [] });
  expect(waitingCount(record)).toBe(0);
});

it('trusts what the log signed, and counts what is not signed yet', async () => {
  const { bytes } = await checkpointOf(log);
  const record = must(await view({ checkpoint: bytes }));
  expect(record.checkpoint).toMatchObject({ trusted: { checkpoint: { size: 10 } } });
  expect(waitingCount(record)).toBe(2);
});

it('refuses a checkpoint of another key, or that the policy’s witness did not see', async () => {
  const other = await checkpointOf(await noteSigner(9, log.name));
  expect(must(await view({ checkpoint: other.bytes })).checkpoint).toMatchObject({
    kind: 'refused',
    isWaiting: false,
  });
  const { bytes, note } = await checkpointOf(log);
  const policy = policyText(log, [witness]);
  const waiting = must(await view({ checkpoint: bytes, policy }));
  expect(waiting.checkpoint).toMatchObject({ kind: 'refused', isWaiting: true });
  const line = await cosign(witness, note.text, 1_700_000_000);
  const seen = formatNote({ ...note, signatures: [...note.signatures, line] });
  const before = must(await view({ checkpoint: seen, policy }));
  const { checkpoint } = before;
  // The next one waits for the witness: what was trusted a moment ago still is.
  expect(withLastTrusted(waiting, before).checkpoint).toBe(checkpoint);
  expect(withLastTrusted(waiting, undefined)).toBe(waiting);
  expect(checkpoint).toMatchObject({
    trusted: { cosigners: new Map([['w0', expect.anything()]]) },
  });
});

it('shows only fork proofs that hold', async () => {
  const older = await checkpointOf(log);
  const newer = await checkpointOf(log, 10, new Uint8Array(32).fill(8));
  const fork = encodeForkProof({ older, newer, hashes: [] });
  const none = encodeForkProof({ older, newer: older, hashes: [] });
  const madeUp = encodeForkProof({
    older,
    newer: await checkpointOf(await noteSigner(9, log.name), 10, newer.checkpoint.root),
    hashes: [],
  });
  const record = must(await view({ forkProofs: [fork, none, madeUp, Uint8Array.of(1)] }));
  expect(record.forks.map(({ bytes }) => bytes)).toEqual([fork]);
});

it('reads functions, witnesses and the archive, where 0 means never', async () => {
  const record = must(
    await view({
      functions: [{ name: 'credits', functionId: 'bafy' }],
      witnesses: [{ name: 'w0', cosignedSize: 0n, cosignedAtMs: 0n }],
      archive: {
        ...{ target: 'folder', confirmedSize: 256n, postedSize: 512n, retryAtMs: 5n },
        refused: [{ first: 0n, end: 256n }],
      },
    }),
  );
  expect(functionNamed(record, 'credits')).toBe('bafy');
  expect(functionNamed(record, 'standing')).toBeNull();
  expect(record.witnesses).toEqual([{ name: 'w0', size: 0, atMs: null }]);
  expect(record.archive).toEqual({
    target: 'folder',
    confirmedSize: 256,
    postedSize: 512,
    confirmedAtMs: null,
    failure: null,
    retryAtMs: 5,
    dueAtMs: null,
    refused: [{ first: 0, end: 256 }],
  });
});

it('tells what does not parse', async () => {
  expect(await view({ verifierKey: 'nonsense' })).toMatchObject({ ok: false });
  expect(await view({ policy: 'nonsense' })).toMatchObject({ ok: false });
});
