import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { Twist } from './simulated-pool.ts';

/** What a liar does to a result. */
const LIES = ['wrong row', 'all wrong', 'stale', 'rows of another task', 'wrong shape'] as const;

/** How often a liar lies. Share of its results. */
const LIE_SHARE = 0.6;

/** A twist that lies now and then; `onLie` is told which lie it was. No two lies are alike. */
export function liesOf(random: RandomStream, onLie: (lie: string) => void): Twist {
  let former: readonly Tensor[] | null = null;
  return (outputs) => {
    const before = former;
    former = outputs;
    if (random.nextUnit() >= LIE_SHARE) return outputs;
    const lie = LIES[random.nextBelow(LIES.length)] ?? 'all wrong';
    onLie(lie);
    switch (lie) {
      case 'wrong row':
        return outputs.map((tensor) => changed(tensor, { random, rows: 1 }));
      case 'all wrong':
        return outputs.map((tensor) => changed(tensor, { random, rows: Infinity }));
      case 'stale':
        // An earlier task's result, whatever its shape.
        return before ?? outputs.map((tensor) => changed(tensor, { random, rows: Infinity }));
      case 'rows of another task':
        return outputs.map((tensor, index) => overlaid(tensor, before?.[index]));
      case 'wrong shape':
        return outputs.map((tensor) => ({ ...tensor, shape: [...tensor.shape, 1] }));
    }
  };
}

/** The first rows with numbers that nothing else has. */
function changed(
  tensor: Tensor,
  { random, rows }: { readonly random: RandomStream; readonly rows: number },
): Tensor {
  const values = new Float32Array(tensor.bytes.slice().buffer);
  const [rowCount = 1] = tensor.shape;
  const end = Math.ceil((values.length / Math.max(1, rowCount)) * Math.min(rows, rowCount));
  for (let index = 0; index < end; index++) {
    values[index] = 1_000_000 + random.nextBelow(1_000_000);
  }
  return { ...tensor, bytes: new Uint8Array(values.buffer) };
}

/** As many bytes of another result as fit. */
function overlaid(tensor: Tensor, other: Tensor | undefined): Tensor {
  if (other === undefined) return tensor;
  const bytes = tensor.bytes.slice();
  bytes.set(other.bytes.subarray(0, bytes.byteLength));
  return { ...tensor, bytes };
}
