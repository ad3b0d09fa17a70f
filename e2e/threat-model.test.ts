import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const project = new URL('../', import.meta.url);
const text = readFileSync(new URL('docs/threat-model.md', project), 'utf8');

/** Tests as the document names them: `file`, and the words that follow it in quotes. */
const named = [...text.matchAll(/`([\w/.-]+\.(?:test|spec)\.ts)`((?:,? "[^"]+")*)/g)].map(
  ([, file = '', quoted = '']) => ({
    file,
    words: [...quoted.matchAll(/"([^"]+)"/g)].map(([, one = '']) => one),
  }),
);

const ATTACKS = [
  'Sybil',
  'Collusion',
  'Malicious result',
  'Free riding',
  'Replay and tampering',
  'Denial of service',
  'Reputation farming',
  'Compromised trusted agent',
  'Malicious orchestrator',
  'Poisoned model or data',
  'Privacy of payloads',
];

describe('the threat model', () => {
  it.each(ATTACKS)('has a test and what is left for: %s', (attack) => {
    const section = text.split(`\n## ${attack}\n`)[1]?.split('\n## ')[0] ?? '';
    expect(section).toMatch(/\.(test|spec)\.ts`/);
    expect(section).toContain('**Left.**');
  });

  it('names many tests', () => {
    expect(named.length).toBeGreaterThan(60);
  });

  it.each(named)('names $file, which has $words', ({ file, words }) => {
    expect(existsSync(new URL(file, project))).toBe(true);
    const source = readFileSync(new URL(file, project), 'utf8');
    for (const one of words) expect(source).toContain(one);
  });
});
