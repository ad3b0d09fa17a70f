import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runProgram } from '../../setup/program.ts';
import type { Findings } from './findings.ts';
import { trustTables } from './trust-tables.ts';

const BEGIN = '<!-- begin: tables -->';
const END = '<!-- end: tables -->';

/** Puts the tables into docs/trust.md, between their marks; what stands around them stays. */
export async function writeTrustDoc(findings: Findings): Promise<string> {
  const path = join(ROOT, 'docs/trust.md');
  writeFileSync(path, withTables(readFileSync(path, 'utf8'), trustTables(findings)));
  const { code, output } = await runProgram(['oxfmt', path]);
  if (code !== 0) throw new Error(`${path} cannot be formatted: ${output}`);
  return path;
}

/** A text with what stands between the marks replaced. */
export function withTables(text: string, tables: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/trust.md lacks ${BEGIN} or ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${tables}\n${text.slice(end)}`;
}
