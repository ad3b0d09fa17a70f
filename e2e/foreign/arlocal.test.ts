import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARWEAVE_CONFIRMATIONS } from '../../src/domain/limits.ts';
import {
  arweaveTarget,
  Conveyor,
  restoreLog,
  verifyRecord,
  type ArchiveItem,
  type ArchiveTarget,
} from '../../src/execution-machine/index.ts';
import { openSqliteConveyorStore } from '../../src/execution-machine/node.ts';
import { archiveTargetContract } from '../../src/execution-machine/conveyor/archive-target.contract.ts';
import { VirtualClock } from '../../src/execution-machine/conveyor/virtual-clock.contract.ts';
import {
  ann,
  ExampleRecord,
  logSigner,
} from '../../src/execution-machine/verify/example-record.contract.ts';
import { engine } from '../../src/execution-machine/machine-driver.contract.ts';
import { encodeBase64url } from '../../src/integrity/index.ts';
import { knownSigner, must } from '../../src/ledger/example-log.contract.ts';
import {
  memoryLogStore,
  noteKeyOf,
  parseCheckpoint,
  signCheckpoint,
} from '../../src/ledger/index.ts';

// Installed once, outside of this package: it is large, and takes tampered bundles.
const VERSION = '1.1.66';
const INSTALLED = join(tmpdir(), `manyhands-arlocal-${VERSION}`);
const INSTALL_MS = 8 * 60_000;
const missing = install();
if (missing !== null) console.log(`skipped: the archive on arlocal (${missing})`);

function install(): string | null {
  if (existsSync(join(INSTALLED, 'done'))) return null;
  mkdirSync(INSTALLED, { recursive: true });
  const manifest = {
    private: true,
    dependencies: { arlocal: VERSION },
    // The version that arlocal asks for does not build on current Node.
    overrides: { avsc: '5.7.7' },
  };
  writeFileSync(join(INSTALLED, 'package.json'), JSON.stringify(manifest));
  const options = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  const ended = spawnSync('npm', options, { cwd: INSTALLED, timeout: INSTALL_MS });
  if (ended.status !== 0) {
    return `npm cannot install it: ${ended.error?.message ?? String(ended.stderr).slice(0, 200)}`;
  }
  writeFileSync(join(INSTALLED, 'done'), '');
  return null;
}

const log = noteKeyOf(logSigner);
const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'manyhands-arlocal-test-'));
let child: ChildProcess;
let addresses: { readonly gateway: string; readonly bundler: string };

const mine = (blocks: number) => fetch(`${addresses.gateway}/mine/${blocks}`);

describe.skipIf(missing !== null)('an archive on arlocal', () => {
  beforeAll(async () => {
    const script = new URL('arlocal-archive.mjs', import.meta.url).pathname;
    child = spawn(process.execPath, ['--no-deprecation', script], {
      cwd: INSTALLED,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    for await (const line of lines) {
      if (!line.startsWith('{')) continue;
      addresses = JSON.parse(line) as typeof addresses;
      break;
    }
  }, 120_000);
  afterAll(() => {
    child.stdin?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'takes a log, and gives all of it back to whoever has nothing else',
    { timeout: 240_000 },
    async () => {
      const { record, conveyor, clock, stop } = await archiving('whole', arweaveTarget(addresses));
      while (record.size < 300) await record.count(ann);
      await record.claim(record.size - 1);
      conveyor.offer(must(parseCheckpoint(await record.publish())));
      await clock.pass(60_000);
      expect(conveyor.state()).toMatchObject({ confirmedSize: 0, postedSize: 301, failure: null });
      await mine(1 + ARWEAVE_CONFIRMATIONS);
      await clock.pass(120_000);
      expect(conveyor.state()).toMatchObject({ confirmedSize: 301, failure: null });
      await stop();
      const store = memoryLogStore();
      const target = arweaveTarget({ gateway: addresses.gateway, bundler: null });
      const restored = must(await restoreLog({ target, log, store, signal }));
      expect(restored).toMatchObject({ size: 301, pieceCount: 2, refusedCount: 0 });
      const verdict = await verifyRecord({
        tiles: store,
        policy: record.policy,
        pinned: null,
        check: { level: 'full', engine },
        nowMs: () => 0,
      });
      expect(must(verdict)).toMatchObject({ entryCount: 301, folded: { agreedCount: 1 } });
      expect(must(verdict).difference).toBe(null);
    },
  );

  it(
    'is not believed where it gives other bytes, and what it gives is not restored',
    { timeout: 240_000 },
    async () => {
      const honest = arweaveTarget(addresses);
      const lying: ArchiveTarget = {
        ...arweaveTarget({ ...addresses, bundler: `${addresses.bundler}?unchecked` }),
        stateOf: honest.stateOf,
        post: (item, stopped) =>
          arweaveTarget({ ...addresses, bundler: `${addresses.bundler}?unchecked` }).post(
            tampered(item),
            stopped,
          ),
      };
      const other = { name: 'log.example', signer: await knownSigner(5) };
      const { record, conveyor, clock, stop } = await archiving('lying', lying, other);
      while (record.size < 300) await record.count(ann);
      conveyor.offer(must(parseCheckpoint(await record.publish())));
      await mine(1 + ARWEAVE_CONFIRMATIONS);
      await clock.pass(600_000);
      await mine(1 + ARWEAVE_CONFIRMATIONS);
      await clock.pass(600_000);
      expect(conveyor.state()).toMatchObject({
        confirmedSize: 0,
        failure: { code: 'bytes_mismatch' },
      });
      await stop();
      const key = noteKeyOf(other);
      const listed = must(await honest.list(encodeBase64url(key.publicKey), signal));
      expect(listed.length).toBeGreaterThan(0);
      const store = memoryLogStore();
      const restored = must(await restoreLog({ target: honest, log: key, store, signal }));
      expect(restored).toMatchObject({ size: 0, pieceCount: 0 });
      expect(restored.refusedCount).toBeGreaterThan(0);
    },
  );

  archiveTargetContract(async () => {
    const anew = () => arweaveTarget(addresses);
    const settle = async () => void (await mine(1 + ARWEAVE_CONFIRMATIONS));
    return { target: anew(), anew, settle };
  });

  it('refuses what is not signed, where its bundler is honest', async () => {
    const target = arweaveTarget(addresses);
    const item = { id: 'A'.repeat(43), first: 0, end: 1, payload: new Uint8Array(9) };
    const posted = await target.post({ ...item, bytes: new Uint8Array(200).fill(2) }, signal);
    expect(posted).toMatchObject({ failure: { code: 'input_invalid' } });
    expect(must(await target.stateOf(item.id, signal))).toBe('unknown');
    expect(must(await target.read(item.id, signal))).toBe(null);
  });
});

/** The same item, with a byte of its last entry changed. */
function tampered(item: ArchiveItem): ArchiveItem {
  const bytes = item.bytes.slice();
  bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return { ...item, bytes };
}

/** A new record, and a conveyor that brings it to a target. */
async function archiving(name: string, target: ArchiveTarget, by = logSigner) {
  const record = await ExampleRecord.begin(memoryLogStore(), by);
  const clock = new VirtualClock();
  const store = must(await openSqliteConveyorStore(join(folder, `${name}.sqlite`)));
  const conveyor = must(
    await Conveyor.open({
      log: {
        verifierKey: noteKeyOf(by),
        files: record.store,
        sign: (head) => signCheckpoint(by, head),
      },
      ...{ target, store, clock },
      signer: await knownSigner(9),
    }),
  );
  const end = new AbortController();
  const running = conveyor.run(end.signal);
  const stop = async () => {
    end.abort();
    await running;
    await store.close();
  };
  return { record, conveyor, clock, stop };
}
