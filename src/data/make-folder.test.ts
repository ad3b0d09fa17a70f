import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'manyhands-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const canAskProc = existsSync('/proc/self');
if (!canAskProc) process.stderr.write('skipped: a folder that takes no entries (no /proc here)\n');

describe('a folder', () => {
  it('is made with those above it, for its owner alone', () => {
    const path = join(root, 'a', 'b', 'c');
    makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(statSync(join(root, 'a')).mode & 0o077).toBe(0);
  });

  it('that is there stays', () => {
    makeFolder(join(root, 'there'));
    writeFileSync(join(root, 'there', 'file'), 'content');
    makeFolder(join(root, 'there'));
    expect(existsSync(join(root, 'there', 'file'))).toBe(true);
  });

  it.each(['a file', 'below a file', 'a link to nothing'])('is refused at %s', (where) => {
    writeFileSync(join(root, 'file'), '');
    rmSync(join(root, 'link'), { force: true });
    symlinkSync(join(root, 'nothing', 'here'), join(root, 'link'));
    const paths: Readonly<Record<string, string>> = {
      'a file': join(root, 'file'),
      'below a file': join(root, 'file', 'below'),
      'a link to nothing': join(root, 'link'),
    };
    expect(() => makeFolder(paths[where] ?? '')).toThrow(/EEXIST|ENOTDIR/);
  });

  // In a process of its own: synchronous work that never ends cannot be timed out from within.
  it.skipIf(!canAskProc).each(['/proc/manyhands', '/proc/manyhands/below'])(
    'is refused where none can be made: %s',
    (path) => {
      const made = [
        `import { makeFolder } from ${JSON.stringify(join(import.meta.dirname, 'make-folder.ts'))};`,
        `try { makeFolder(${JSON.stringify(path)}); } catch (cause) { console.log(cause.code); }`,
      ].join('\n');
      const args = ['--input-type=module', '-e', made];
      const ran = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
      expect(ran.stdout.trim()).toBe('ENOENT');
    },
  );
});
