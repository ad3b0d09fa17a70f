import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../domain/outcome.ts';
import { signBytes, verifyBytes } from '../../integrity/index.ts';
import { openKeyFile } from './key-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-key-'));
});
afterEach(() => rm(folder, { recursive: true }));

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('an agent key file', () => {
  it('is made for its owner alone, in a folder for its owner alone', async () => {
    const path = join(folder, 'new', 'agent-key.pem');
    valueOf(await openKeyFile(path));
    expect(await modeOf(path)).toBe(0o600);
    expect(await modeOf(join(folder, 'new'))).toBe(0o700);
    expect(await readdir(join(folder, 'new'))).toEqual(['agent-key.pem']);
  });

  it('gives the same agent every time, whose signatures verify', async () => {
    const path = join(folder, 'agent-key.pem');
    const made = valueOf(await openKeyFile(path));
    const bytesBefore = await readFile(path);
    const read = valueOf(await openKeyFile(path));
    expect(read.agent).toBe(made.agent);
    expect(await readFile(path)).toEqual(bytesBefore);
    const bytes = new Uint8Array([1, 2, 3]);
    const signature = await signBytes(read, { purpose: 'test', bytes });
    expect(await verifyBytes({ agent: made.agent, purpose: 'test', bytes, signature })).toBe(true);
  });

  it('gives all that open it at once the same agent', async () => {
    const path = join(folder, 'agent-key.pem');
    const opened = await Promise.all(Array.from({ length: 8 }, () => openKeyFile(path)));
    expect(new Set(opened.map((key) => valueOf(key).agent)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['agent-key.pem']);
  });

  it('is a PKCS#8 file that openssl reads', async () => {
    const path = join(folder, 'agent-key.pem');
    valueOf(await openKeyFile(path));
    const text = execFileSync('openssl', ['pkey', '-in', path, '-noout', '-text']).toString();
    expect(text.toLowerCase()).toContain('ed25519');
  });

  it.each([0o640, 0o604, 0o644, 0o610])(
    'is refused with mode %o, with the remedy',
    async (mode) => {
      const path = join(folder, 'agent-key.pem');
      valueOf(await openKeyFile(path));
      await chmod(path, mode);
      const opened = await openKeyFile(path);
      expect(opened).toMatchObject({ ok: false, failure: { code: 'key_unusable' } });
      expect(JSON.stringify(opened)).toContain(`chmod 600 ${path}`);
    },
  );

  it.each([
    ['nothing', ''],
    ['other text', 'hello'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
    ['a broken key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
  ])('that holds %s is refused and left as it is', async (_, text) => {
    const path = join(folder, 'agent-key.pem');
    await writeFile(path, text, { mode: 0o600 });
    expect(await openKeyFile(path)).toMatchObject({ failure: { code: 'key_unusable' } });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('that is a folder is refused', async () => {
    await mkdir(join(folder, 'agent-key.pem'));
    const opened = await openKeyFile(join(folder, 'agent-key.pem'));
    expect(opened).toMatchObject({ failure: { code: 'key_unusable' } });
  });

  it('that cannot be made is a failure that says where', async () => {
    await writeFile(join(folder, 'file'), '');
    const opened = await openKeyFile(join(folder, 'file', 'agent-key.pem'));
    expect(opened).toMatchObject({ failure: { code: 'key_unusable' } });
    expect(JSON.stringify(opened)).toContain(join(folder, 'file'));
  });
});
