import type { MessagePort } from 'node:worker_threads';
import { assert } from '../../../domain/assert.ts';
import { messageSignerOf, VerifyingKeys } from '../../../integrity/index.ts';
import { checkEntry, signPromise, type NoteSigner } from '../../../ledger/index.ts';
import { joinBytes, splitBytes, type FromEntryThread, type ToEntryThread } from './entry-batch.ts';
import { nodeVerifying } from './node-verifying.ts';

/** Verifies entries and signs promises in this thread, one batch after the other. */
export function serveEntries(port: MessagePort): void {
  const keys = new VerifyingKeys(nodeVerifying);
  let log: NoteSigner | null = null;
  let turn: Promise<void> = Promise.resolve();
  const inTurn = async (
    before: Promise<void>,
    batch: ToEntryThread & { kind: 'batch' },
  ): Promise<void> => {
    await before;
    assert(log !== null, 'a thread that began');
    const answer = await answerOf(batch, { log, keys });
    const { entries, leaves, promises } = answer;
    port.postMessage(answer, [entries.bytes.buffer, leaves.bytes.buffer, promises.bytes.buffer]);
  };
  port.on('message', (message: ToEntryThread) => {
    if (message.kind === 'begin') {
      log = { name: message.log.name, signer: messageSignerOf(message.log.key) };
      return;
    }
    // What is thrown is a bug: the thread ends of it, and the pool answers.
    turn = inTurn(turn, message);
  });
}

async function answerOf(
  { id, entries, promises, leaves }: ToEntryThread & { kind: 'batch' },
  { log, keys }: { readonly log: NoteSigner; readonly keys: VerifyingKeys },
): Promise<FromEntryThread> {
  const leafOf = splitBytes(leaves);
  // The platform signs them on other threads meanwhile.
  const signing = promises.map((about, at) => {
    const leaf = leafOf[at];
    assert(leaf !== undefined, 'a leaf for each promise');
    return signPromise(log, { ...about, leaf });
  });
  const checked: FromEntryThread['checked'][number][] = [];
  const found: Uint8Array[] = [];
  for (const bytes of splitBytes(entries)) {
    const outcome = await checkEntry(bytes, keys);
    checked.push(outcome.ok ? outcome.value.id : outcome.failure);
    found.push(outcome.ok ? outcome.value.leaf : new Uint8Array());
  }
  const signed = await Promise.all(signing);
  return { id, entries, checked, leaves: joinBytes(found), promises: joinBytes(signed) };
}
