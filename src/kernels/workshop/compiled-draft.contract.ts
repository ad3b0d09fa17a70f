import { main as compile } from 'assemblyscript/asc';

/** A module of AssemblyScript, compiled as `kernels.md` tells its readers to. */
export async function compiledDraft(
  source: string,
  options: readonly string[] = ['--use', 'abort='],
): Promise<Uint8Array> {
  let module: Uint8Array | null = null;
  const { error, stderr } = await compile(
    ['draft.ts', '--outFile', 'draft.wasm', '--runtime', 'stub', '-O3', ...options],
    {
      readFile: (name) => (name === 'draft.ts' ? source : null),
      writeFile: (name, contents) => {
        if (name === 'draft.wasm' && typeof contents !== 'string') module = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || module === null) throw new Error(stderr.toString());
  return module;
}

/** Each number that is not below zero, and zero for the others: right. */
export const RELU_DRAFT = `
export function run(sizes: usize, input: usize, result: usize): void {
  let count = 1;
  for (let axis = 0; axis < 8; axis++) count *= load<i32>(sizes + (axis << 2));
  for (let at = 0; at < count; at++) {
    const x = load<f32>(input + (at << 2));
    store<f32>(result + (at << 2), x < 0 ? 0 : x);
  }
}
`;
