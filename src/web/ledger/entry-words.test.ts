import { expect, it } from 'vitest';
import { actionDraft, rootDraft, timeDraft } from '../../execution-machine/index.ts';
import { readEntries } from '../../execution-machine/browser/read-entries.ts';
import { agentIdOf, encodeCanonical, type CanonicalValue } from '../../integrity/index.ts';
import { knownSigner, must } from '../../ledger/example-log.contract.ts';
import { LogWriter, memoryLogStore, signEntry, type EntryDraft } from '../../ledger/index.ts';
import { bodyText, entryWords, functionWords, ownerWords } from './entry-words.ts';

const POLL = 'bafyreibkmbvt2e3hvbzrwkwhu4ctyh3dlhpshcl2ywrl6k5c3w2pqn7yfu';
const FUNCTIONS = [{ name: 'credits', id: POLL }];
const AT_MS = Date.UTC(2026, 10, 27, 12);

let anchors = 0;
function anchor(): Uint8Array {
  anchors += 1;
  return new Uint8Array(32).fill(anchors);
}

/** What a reader is told of entries that the log's key wrote. */
async function toldOf(drafts: readonly EntryDraft[]) {
  const signer = await knownSigner(1);
  const store = memoryLogStore();
  const writer = must(await LogWriter.open({ name: 'example.org/log', signer }, store));
  for (const draft of drafts) must(await writer.append(await signEntry(signer, draft)));
  const { checkpoint } = must(await writer.publish());
  const logKey = must(agentIdOf(signer.publicKey));
  return { read: must(await readEntries({ head: checkpoint, logKey }, 0, store)), logKey };
}

function action(id: string, body: CanonicalValue): EntryDraft {
  return actionDraft({ function: id, body, anchor: anchor() });
}

it('tells in words what an entry says, whoever wrote what', async () => {
  const nothing = { target: null, tags: [], body: encodeCanonical(null) };
  const { read, logKey } = await toldOf([
    timeDraft(AT_MS, anchor()),
    rootDraft({ index: 0, root: new Uint8Array(32) }, anchor()),
    action(POLL, { kind: 'join', team: 'blue' }),
    action(POLL, 7),
    action('deploy', { engine: 'e', source: 's', governance: null }),
    action('deploy', 'no deployment'),
    action('upgrade', { function: POLL }),
    // It says that it is of credits, and is not.
    action(POLL, { kind: 'credits', jobs: 1 }),
    { ...nothing, anchor: anchor() },
  ]);
  expect(read.map(({ about }) => entryWords(about, FUNCTIONS))).toEqual([
    expect.stringContaining('It is Nov 27, 2026'),
    'Claims what all functions held after entry 0',
    'credits: join',
    'An action of credits',
    expect.stringMatching(/^Deploys the function …\w{8}$/),
    'Deploys the function that cannot be read',
    'Changes the function credits',
    'credits: credits',
    'Nothing that the network acts upon',
  ]);
  expect(read.map(({ atMs }) => atMs)).toEqual(read.map(() => AT_MS));
  expect(read.map((entry) => ownerWords(entry, logKey))).toEqual(read.map(() => 'the log itself'));
});

it('shortens what a stranger wrote', async () => {
  const { read } = await toldOf([action(POLL, { kind: 'x'.repeat(5_000) })]);
  const [words = ''] = read.map(({ about }) => entryWords(about, []));
  expect(words.length).toBeLessThan(100);
});

it('names functions that it knows, and others by the end of their id', () => {
  expect(functionWords(POLL, FUNCTIONS)).toBe('credits');
  expect(functionWords(POLL, [])).toBe('…2pqn7yfu');
  expect(functionWords('short', [])).toBe('short');
});

it('shows bytes of a body as text', () => {
  expect(JSON.parse(bodyText({ key: Uint8Array.of(255, 0), list: [null, 1, 'a'] }))).toEqual({
    key: { bytes: '_wA' },
    list: [null, 1, 'a'],
  });
  expect(bodyText(undefined)).toBe('None that can be read');
});
