import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as limits from '../../src/domain/limits.ts';
import { ROOT } from './program.ts';

const SOURCE = join(ROOT, 'src/domain/limits.ts');
const DOCUMENT = join(ROOT, 'docs/limits.md');
const HEAD = `# Limits

Every queue, message, retry, lease and blob has a limit with a name and a unit. This page is
generated from [src/domain/limits.ts](../src/domain/limits.ts) by \`npm run generate\`.

| limit | value | unit | meaning |
|---|---:|---|---|
`;

/** Writes docs/limits.md: a row for each constant, from its value and its comment. */
export async function generateLimits(): Promise<void> {
  const source = await readFile(SOURCE, 'utf8');
  const values: Readonly<Record<string, unknown>> = limits;
  const rows = limitComments(source).map(({ name, meaning, unit }) => {
    const value = values[name];
    if (typeof value !== 'number') throw new Error(`${name} in limits.ts is not a number`);
    return `| \`${name}\` | ${readable(value, unit)} | ${unit} | ${meaning} |\n`;
  });
  await writeFile(DOCUMENT, HEAD + rows.join(''));
}

type LimitComment = { readonly name: string; readonly meaning: string; readonly unit: string };

/** Reads "meaning. Unit." above each exported constant; one without is a mistake to be corrected. */
function limitComments(source: string): readonly LimitComment[] {
  const pattern = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export const ([A-Z0-9_]+)\b/g;
  return [...source.matchAll(pattern)].map(([, comment = '', name = '']) => {
    const text = comment.replace(/\n \*/g, ' ').replace(/\s+/g, ' ').trim();
    const parts = /^(.*[.:)]) ([A-Z][a-z]+(?: [a-z]+){0,2})\.$/.exec(text);
    const [, meaning, unit] = parts ?? [];
    if (meaning === undefined || unit === undefined) {
      throw new Error(`${name} in limits.ts needs a comment "meaning. Unit."`);
    }
    return { name, meaning: meaning.replaceAll('|', '\\|'), unit: unit.toLowerCase() };
  });
}

/** The exact value, with the reading of people beside it where that is shorter. */
function readable(value: number, unit: string): string {
  const exact = value.toLocaleString('en-US', { useGrouping: true, maximumFractionDigits: 6 });
  const people =
    unit === 'bytes' ? inBinary(value) : unit === 'milliseconds' ? inTime(value) : null;
  return people === null ? exact : `${exact} (${people})`;
}

function inBinary(bytes: number): string | null {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  while (power < units.length - 1 && bytes % 1024 ** (power + 1) === 0) power++;
  const count = bytes / 1024 ** power;
  return power === 0 || count >= 10_000 ? null : `${count} ${units[power]}`;
}

function inTime(ms: number): string | null {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms % 1000 === 0 ? `${ms / 1000} s` : null;
}
