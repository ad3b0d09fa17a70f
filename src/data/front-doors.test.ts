import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** All that a module imports, directly or not: relative ones by their URL, others by name. */
function importsOf(entry: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(entry.href)) return seen;
  seen.add(entry.href);
  for (const [, from = ''] of readFileSync(entry, 'utf8').matchAll(/from '([^']+)'/g)) {
    if (from.startsWith('.')) importsOf(new URL(from, entry), seen);
    else seen.add(from);
  }
  return seen;
}

const nodeModules = (door: string): string[] =>
  [...importsOf(new URL(door, import.meta.url))].filter((name) => name.startsWith('node:'));

it('the front door for pages reaches no module of Node', () => {
  expect(nodeModules('./index.ts')).toEqual([]);
});

it('the front door for Node reaches its file system', () => {
  expect(nodeModules('./node.ts')).toContain('node:fs/promises');
});
