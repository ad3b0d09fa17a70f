import { generateFunctions } from './generate-functions.ts';
import { generateKernels } from './generate-kernels.ts';
import { generateLimits } from './generate-limits.ts';
import { generateProto } from './generate-proto.ts';
import { generateSha2 } from './generate-sha2.ts';

/** What `generate` writes; all of it is committed. */
export const GENERATED = [
  'src/wire/gen',
  'src/wire/golden.json',
  'src/kernels/gen',
  'src/ledger/gen',
  'src/execution-machine/gen',
  'docs/limits.md',
];

/** Writes all generated files anew. Same sources, same bytes. */
export async function generate(): Promise<void> {
  await generateProto();
  // It imports what the line above wrote.
  const { generateGolden } = await import('./generate-golden.ts');
  await generateGolden();
  await generateKernels();
  await generateSha2();
  await generateFunctions();
  await generateLimits();
}

/** `npm run generate`. */
export async function main(): Promise<number> {
  await generate();
  return 0;
}
