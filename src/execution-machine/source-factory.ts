import { FUNCTION_SOURCE_CHARS_MAX } from '../domain/limits.ts';

const ENTRANCE = /^export function handle\b/gm;
// Asks for a module: there is none to be had.
const IMPORT = /\bimport\b/;
// A BigInt's power or product runs for minutes and nothing can interrupt it. Anything that could
// be a literal of one is refused, also in texts and comments; nothing else leads to a BigInt.
const BIG_INTEGER = /(?<![\w$])\.?\d[\da-fA-FxXoObB_.]*n(?![\w$])/;

/** What is wrong with a function's source before an engine looks at it; null: nothing. */
export function flawOfSource(source: string): string | null {
  if (source.length > FUNCTION_SOURCE_CHARS_MAX) {
    return `the source has more than ${FUNCTION_SOURCE_CHARS_MAX} characters`;
  }
  if ([...source.matchAll(ENTRANCE)].length !== 1) {
    return 'the source has one line that begins with "export function handle"';
  }
  if (IMPORT.test(source)) return 'the source must not contain the word "import"';
  const number = BIG_INTEGER.exec(source);
  if (number !== null) return `the source must not contain "${number[0]}": there is no BigInt here`;
  return null;
}

/**
 * A function's source as an expression that makes its `handle` anew at each call.
 *
 * What the source declares then lives for one entry. It must have been parsed as a module before,
 * or a source with loose braces would run outside of any entry.
 */
export function factorySource(source: string): string {
  const body = source.replace(ENTRANCE, 'function handle');
  return `(function () { 'use strict';\n${body}\nreturn handle; })`;
}
