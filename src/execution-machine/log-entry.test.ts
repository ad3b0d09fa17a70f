import { beforeAll, describe, expect, it } from 'vitest';
import { agentIdOf, generateSigningKey, messageSignerOf } from '../integrity/index.ts';
import type { MessageSigner } from '../integrity/index.ts';
import { ROOT_CLAIM_LAG_MAX } from '../domain/limits.ts';
import type { Outcome } from '../domain/outcome.ts';
import { signEntry, verifyEntry, type Entry, type EntryDraft } from '../ledger/index.ts';
import { actionDraft, freshAnchor, LogReading, rootDraft, timeDraft } from './log-entry.ts';

let log: MessageSigner;
let ann: MessageSigner;

beforeAll(async () => {
  [log, ann] = [await newSigner(), await newSigner()];
});

describe('what the machine reads', () => {
  it('is an action with its caller, and the time that the log wrote last', async () => {
    const reading = new LogReading(idOf(log));
    const body = { add: 3 };
    const action = await entryOf(ann, actionDraft({ function: 'f', body, anchor: freshAnchor() }));
    const time = await entryOf(log, timeDraft(5_000, freshAnchor()));
    expect(reading.read(0, action)).toMatchObject({ entry: { atMs: 0 } });
    expect(reading.read(1, time)).toEqual({ kind: 'time', atMs: 5_000 });
    expect(reading.read(2, action)).toMatchObject({
      kind: 'action',
      entry: { index: 2, atMs: 5_000, caller: idOf(ann), function: 'f', body },
    });
  });

  it('never lets time go back', async () => {
    const reading = new LogReading(idOf(log), 9_000);
    reading.read(0, await entryOf(log, timeDraft(5_000, freshAnchor())));
    expect(reading.atMs).toBe(9_000);
  });

  it('takes time and roots from nobody but the log', async () => {
    const reading = new LogReading(idOf(log));
    const claim = { index: 3, root: new Uint8Array(32).fill(7) };
    const [time, root] = [timeDraft(5_000, freshAnchor()), rootDraft(claim, freshAnchor())];
    expect(reading.read(4, await entryOf(ann, time))).toEqual({ kind: 'other' });
    expect(reading.read(5, await entryOf(ann, root))).toEqual({ kind: 'other' });
    expect(reading.atMs).toBe(0);
    expect(reading.read(6, await entryOf(log, root))).toEqual({ kind: 'root', claim });
  });

  it('does not take a claim about what comes later', async () => {
    const claim = { index: 4, root: new Uint8Array(32) };
    const entry = await entryOf(log, rootDraft(claim, freshAnchor()));
    expect(new LogReading(idOf(log)).read(4, entry)).toEqual({ kind: 'other' });
  });

  it('does not take a claim that comes too late', async () => {
    const root = new Uint8Array(32);
    const entry = await entryOf(log, rootDraft({ index: 2, root }, freshAnchor()));
    const kindAt = (index: number) => new LogReading(idOf(log)).read(index, entry).kind;
    expect(kindAt(2 + ROOT_CLAIM_LAG_MAX)).toBe('root');
    expect(kindAt(3 + ROOT_CLAIM_LAG_MAX)).toBe('other');
  });

  it('leaves an action without a body where its bytes are linked data', async () => {
    const { tags } = actionDraft({ function: 'f', body: null, anchor: freshAnchor() });
    // A link: tag 42 over an identity that canonical values do not have.
    const body = Uint8Array.from([0xd8, 0x2a, 0x58, 0x25, 0, 1, 0x55, 0x12, 0x20, ...Array(32)]);
    const draft = { target: null, anchor: freshAnchor(), tags, body };
    expect(new LogReading(idOf(log)).read(0, await entryOf(ann, draft))).toMatchObject({
      entry: { body: undefined },
    });
  });
});

async function newSigner(): Promise<MessageSigner> {
  return messageSignerOf(must(await generateSigningKey({ extractable: false })));
}

async function entryOf(signer: MessageSigner, draft: EntryDraft): Promise<Entry> {
  return must(await verifyEntry(await signEntry(signer, draft))).entry;
}

function idOf({ publicKey }: MessageSigner) {
  return must(agentIdOf(publicKey));
}

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}
