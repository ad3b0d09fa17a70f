import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomStream } from '../../src/domain/random.ts';
import { writeArray } from '../network/array-file.ts';
import { manyhands } from '../network/processes.ts';

const WIDTH = 1024;
const ROWS = 4096;
const LAYERS = 24;

/** Submits a network of 24 layers, 1024 wide, over 4096 rows: some seconds of work for a tab. */
export async function submitLayers(folder: string, url: string): Promise<void> {
  const write = (name: string, rows: number, scale: number): void => {
    const random = randomStream(3, name);
    const values = new Float32Array(rows * WIDTH).map(() => (random.nextUnit() - 0.5) * scale);
    const bytes = new Uint8Array(values.buffer);
    writeArray(join(folder, `${name}.npy`), { dtype: 'float32', shape: [rows, WIDTH], bytes });
  };
  write('features', ROWS, 2);
  // Keeps the variance of a layer's outputs near that of its inputs.
  write('weights', WIDTH, Math.sqrt(12 / WIDTH));
  const nodes = Array.from({ length: LAYERS }, (_, layer) => [
    { operator: 'matmul', inputs: [nameOf(layer), 'weights'], output: `sums ${layer}` },
    { operator: 'tanh', inputs: [`sums ${layer}`], output: nameOf(layer + 1) },
  ]).flat();
  const inputs = { features: 'features.npy', weights: 'weights.npy' };
  const graph = join(folder, 'layers.json');
  writeFileSync(graph, JSON.stringify({ inputs, nodes, outputs: [nameOf(LAYERS)] }));
  const { code, stderr } = await manyhands(
    [
      ...['job', 'submit', 'operators', '--orchestrator', url, '--graph', graph],
      ...['--name', 'A network of 24 layers', '--rows-per-task', '64', '--check', 'recompute:0.01'],
    ],
    { MANYHANDS_HOME: folder },
  );
  if (code !== 0) throw new Error(stderr);
}

function nameOf(layer: number): string {
  return layer === 0 ? 'features' : `layer ${layer}`;
}
