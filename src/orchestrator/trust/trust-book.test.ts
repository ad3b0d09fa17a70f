import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AgentId } from '../../domain/ids.ts';
import { generateSigningKey, type SigningKey } from '../../integrity/index.ts';
import type { Logger } from '../logger.ts';
import { valueOf } from '../volunteer.contract.ts';
import { openOperatorIdentity } from './operator-identity.ts';
import { openTrustBook, type TrustBook } from './trust-book.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'manyhands-trust-'));
const fileOf = (folder: string): string => join(folder, 'trusted-keys.json');

/** Takes down what is warned of. */
function notingLogger(): Logger & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const quiet = (): void => {};
  return { warnings, debug: quiet, info: quiet, error: quiet, warn: (text) => warnings.push(text) };
}

let operator: SigningKey;
let agents: AgentId[];
beforeAll(async () => {
  const make = async () => valueOf(await generateSigningKey({ extractable: false }));
  operator = await make();
  agents = await Promise.all(Array.from({ length: 3 }, async () => (await make()).agent));
  agents.sort();
});

const open = async (folder: string, logger = notingLogger()): Promise<TrustBook> =>
  valueOf(await openTrustBook(folder, { operator, logger }));

const trustIn = (index: number, times: { notBeforeMs?: number; expiresMs?: number } = {}) => ({
  agent: agents[index] ?? ('' as AgentId),
  name: `agent ${index}`,
  notBeforeMs: 1_000,
  expiresMs: 2_000,
  ...times,
});

describe('openTrustBook', () => {
  it('trusts whom it registered while their time is, also when it is opened again', async () => {
    const folder = newFolder();
    const book = await open(folder);
    expect(book.list()).toEqual([]);
    valueOf(await book.register(trustIn(1)));
    valueOf(await book.register(trustIn(0, { notBeforeMs: 1_500 })));
    for (const each of [book, await open(folder)]) {
      expect(each.list().map(({ trust }) => trust)).toEqual([
        trustIn(0, { notBeforeMs: 1_500 }),
        trustIn(1),
      ]);
      const trusted = [999, 1_000, 1_499, 1_500, 1_999, 2_000].map((nowMs) =>
        agents.map((agent) => each.isTrusted(agent, nowMs)),
      );
      expect(trusted).toEqual([
        [false, false, false],
        [false, true, false],
        [false, true, false],
        [true, true, false],
        [true, true, false],
        [false, false, false],
      ]);
      expect([0, 1_000, 1_500, 2_000].map((nowMs) => each.nextChangeAtMs(nowMs))).toEqual([
        1_000,
        1_500,
        2_000,
        null,
      ]);
    }
    expect(statSync(fileOf(folder)).mode & 0o777).toBe(0o600);
  });

  it('takes the last word on a key', async () => {
    const folder = newFolder();
    const book = await open(folder);
    valueOf(await book.register(trustIn(0)));
    valueOf(await book.register({ ...trustIn(0), name: 'renamed', expiresMs: 9_000 }));
    for (const each of [book, await open(folder)]) {
      expect(each.list().map(({ trust }) => trust.name)).toEqual(['renamed']);
      expect(each.isTrusted(trustIn(0).agent, 8_999)).toBe(true);
    }
  });

  it('forgets whom it revoked, for good', async () => {
    const folder = newFolder();
    const book = await open(folder);
    const { agent } = trustIn(0);
    valueOf(await book.register(trustIn(0)));
    valueOf(await book.register(trustIn(1)));
    expect(await book.revoke(agent)).toEqual({ ok: true, value: true });
    expect(await book.revoke(agent)).toEqual({ ok: true, value: false });
    for (const each of [book, await open(folder)]) {
      expect(each.isTrusted(agent, 1_500)).toBe(false);
      expect(each.isTrusted(trustIn(1).agent, 1_500)).toBe(true);
    }
  });

  it('keeps all of what is registered at once', async () => {
    const folder = newFolder();
    const book = await open(folder);
    await Promise.all([0, 1, 2].map(async (index) => valueOf(await book.register(trustIn(index)))));
    expect((await open(folder)).list()).toHaveLength(3);
  });

  it('leaves out, and tells of, what this operator did not sign', async () => {
    const [folder, foreign] = [newFolder(), newFolder()];
    const other = valueOf(await generateSigningKey({ extractable: false }));
    const logger = notingLogger();
    const theirs = valueOf(await openTrustBook(foreign, { operator: other, logger }));
    valueOf(await theirs.register(trustIn(0)));
    const ours = await open(folder);
    valueOf(await ours.register(trustIn(1)));
    const [their] = JSON.parse(readFileSync(fileOf(foreign), 'utf8')) as object[];
    const [our] = JSON.parse(readFileSync(fileOf(folder), 'utf8')) as object[];
    // Who may write the file changes the key for people and hopes, or writes what it likes.
    const forged = [their, { ...our, key: agents[2] }, { ...our, signature: 'AAAA' }, 7, null];
    writeFileSync(fileOf(folder), JSON.stringify(forged));
    const again = await open(folder, logger);
    expect(again.list().map(({ trust }) => trust.agent)).toEqual([agents[1]]);
    expect(logger.warnings).toHaveLength(4);
    expect(logger.warnings[0]).toMatch(/not signed by this orchestrator's operator.*Register/);
  });

  it.each(['{}', 'nonsense', ''])('refuses a file that holds %j', async (text) => {
    const folder = newFolder();
    writeFileSync(fileOf(folder), text);
    expect(await openTrustBook(folder, { operator, logger: notingLogger() })).toMatchObject({
      ok: false,
      failure: { code: 'storage_failed', message: expect.stringContaining('Restore it') },
    });
  });

  it('changes nothing where its folder takes no file', async () => {
    const folder = newFolder();
    const book = await open(folder);
    valueOf(await book.register(trustIn(0)));
    rmSync(folder, { recursive: true });
    const failed = { ok: false, failure: { code: 'storage_failed' } };
    expect(await book.revoke(trustIn(0).agent)).toMatchObject(failed);
    expect(await book.register(trustIn(1))).toMatchObject(failed);
    expect(book.list().map(({ trust }) => trust.agent)).toEqual([agents[0]]);
  });
});

describe('openOperatorIdentity', () => {
  it('makes an identity once, in a file of its owner alone', async () => {
    const folder = newFolder();
    const made = valueOf(await openOperatorIdentity(folder));
    expect(valueOf(await openOperatorIdentity(folder)).agent).toBe(made.agent);
    expect(statSync(join(folder, 'operator-identity')).mode & 0o777).toBe(0o600);
    expect(valueOf(await openOperatorIdentity(newFolder())).agent).not.toBe(made.agent);
  });

  it('refuses a file that others can read, or that holds no key', async () => {
    const folder = newFolder();
    valueOf(await openOperatorIdentity(folder));
    const path = join(folder, 'operator-identity');
    chmodSync(path, 0o644);
    const readable = await openOperatorIdentity(folder);
    expect(readable).toMatchObject({ failure: { message: expect.stringContaining('chmod 600') } });
    chmodSync(path, 0o600);
    for (const text of ['', 'hello', 'a b']) {
      writeFileSync(path, text);
      const failed = { ok: false, failure: { code: 'key_unusable' } };
      expect(await openOperatorIdentity(folder)).toMatchObject(failed);
    }
  });
});
