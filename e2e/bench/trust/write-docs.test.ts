import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../setup/program.ts';
import { withTables } from './write-docs.ts';

const MARKED = 'before\n<!-- begin: tables -->\nold\n<!-- end: tables -->\nafter\n';

describe('tables in a text', () => {
  it('replace what stands between the marks, and nothing else', () => {
    const text = withTables(MARKED, 'new\n');
    expect(text).toBe('before\n<!-- begin: tables -->\n\nnew\n\n<!-- end: tables -->\nafter\n');
    expect(withTables(text, 'new\n')).toBe(text);
  });

  it.each(['no marks', '<!-- end: tables --><!-- begin: tables -->'])(
    'are refused by %s',
    (text) => {
      expect(() => withTables(text, 'new')).toThrow('docs/trust.md lacks');
    },
  );

  it('have their marks in docs/trust.md', () => {
    const text = readFileSync(join(ROOT, 'docs/trust.md'), 'utf8');
    expect(() => withTables(text, '')).not.toThrow();
  });
});
