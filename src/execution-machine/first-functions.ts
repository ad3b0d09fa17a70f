import { encodeCanonical, type CanonicalValue } from '../integrity/index.ts';
import { FUNCTION_SOURCES } from './gen/functions.ts';

/** The functions that the network itself runs on. */
export type FirstFunction = keyof typeof FUNCTION_SOURCES;

/**
 * The source of a first function with its settings in the first line.
 *
 * Settings are part of the source, and so of the function's id: whoever reads the function reads
 * who may write and what work is worth.
 */
export function firstFunction(
  name: FirstFunction,
  settings: { readonly [key: string]: CanonicalValue },
): string {
  // Asserts that they are data; their keys keep the order that the deployer wrote.
  encodeCanonical(settings);
  return `const settings = ${JSON.stringify(settings)};\n${FUNCTION_SOURCES[name]}`;
}
