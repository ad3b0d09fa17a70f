import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../../src/domain/failure.ts';
import { fail, succeed } from '../../src/domain/outcome.ts';
import {
  formatVerifierKey,
  LogTree,
  LogWriter,
  noteKeyOf,
  parsePolicy,
  trustCheckpoint,
  type TileReader,
} from '../../src/ledger/index.ts';
import { openFolderLogStore } from '../../src/ledger/node.ts';
import { entryOf, knownSigner, must } from '../../src/ledger/example-log.contract.ts';

// Debian's golang-go, and golang.org/x/mod/sumdb from its package golang-golang-x-mod-dev. They
// are large: this runs where they are, and nothing installs them.
const SUMDB = '/usr/share/gocode/src/golang.org/x/mod/sumdb';
const missing =
  spawnSync('go', ['version']).status !== 0
    ? 'no go: install Debian’s golang-go'
    : existsSync(SUMDB)
      ? null
      : 'no golang.org/x/mod/sumdb: install Debian’s golang-golang-x-mod-dev';
if (missing !== null) console.log(`skipped: foreign log client (${missing})`);

describe.skipIf(missing !== null)('a log client that nobody here wrote', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-go-log-'));
  const program = join(folder, 'verify-log');

  beforeAll(() => {
    const source = new URL('verify-log.go', import.meta.url).pathname;
    execFileSync('go', ['build', '-o', program, source], {
      env: {
        ...process.env,
        GO111MODULE: 'off',
        GOPATH: '/usr/share/gocode',
        GOCACHE: join(folder, 'cache'),
        GOFLAGS: '',
      },
    });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('verifies our tiles, proofs and checkpoint', async () => {
    const log = { name: 'log.example/record', signer: await knownSigner(1) };
    const store = must(await openFolderLogStore(join(folder, 'ours')));
    const writer = must(await LogWriter.open(log, store));
    const owner = await knownSigner(2);
    const former: { size: number; root: Uint8Array }[] = [];
    for (const end of [1, 255, 256, 300, 513, 777]) {
      for (let number = writer.size; number < end; number++) {
        must(await writer.append(await entryOf(owner, number)));
      }
      former.push(must(await writer.publish()).checkpoint);
    }
    const { checkpoint } = must(await writer.publish());
    const tree = must(await LogTree.open(store, checkpoint));
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const records = [];
    for (const index of [0, 1, 254, 255, 256, 511, 512, 767, 768, 776]) {
      const hashes = must(await tree.inclusionProof(index)).map(base64);
      records.push({ index, hashes });
    }
    const trees = [];
    for (const { size, root } of former) {
      const hashes = must(await tree.consistencyProof(size)).map(base64);
      trees.push({ size, root: base64(root), hashes });
    }
    const proofs = join(folder, 'proofs.json');
    const vkey = formatVerifierKey(noteKeyOf(log));
    const check = (value: object) => {
      writeFileSync(proofs, JSON.stringify(value));
      return spawnSync(program, ['verify', join(folder, 'ours/log'), vkey, proofs]);
    };
    const verified = check({ records, trees });
    expect(verified.stderr.toString()).toBe('');
    expect(verified.stdout.toString()).toBe('verified 777 of log.example/record\n');
    // And it does tell a wrong proof from a right one.
    const [first] = records;
    const wrong = { ...first, index: 1 };
    expect(check({ records: [wrong], trees }).status).toBe(1);
    await writer.close();
  });

  it('makes a log that ours reads and verifies', async () => {
    const theirs = join(folder, 'theirs');
    const vkey = execFileSync(program, ['make', theirs, 'go.example/log', '70000'])
      .toString()
      .trim();
    const reader: TileReader = {
      read: (path) =>
        readFile(join(theirs, path)).then(
          (bytes) => succeed(new Uint8Array(bytes)),
          () => fail(failure('tile_unknown', path)),
        ),
    };
    const policy = must(parsePolicy(new TextEncoder().encode(`log ${vkey}\nquorum none\n`)));
    const bytes = new Uint8Array(readFileSync(join(theirs, 'checkpoint')));
    const { checkpoint } = must(await trustCheckpoint(policy, bytes));
    expect(checkpoint.size).toBe(70_000);
    const tree = must(await LogTree.open(reader, checkpoint));
    for (const tile of [0, 1, 100, 273]) {
      const [first] = must(await tree.entries(tile));
      expect(new TextDecoder().decode(first)).toBe(`foreign entry ${tile * 256}`);
    }
    expect((await tree.inclusionProof(69_999)).ok).toBe(true);
  });
});
