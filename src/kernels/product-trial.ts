import { randomStream } from '../domain/random.ts';
import { WGSL } from './gen/wgsl.ts';
import { MAP_READ, SIZES_BYTES, STAGING, STORAGE, UNIFORM, withoutError } from './gpu-device.ts';
import { inHalves } from './halves/halves.ts';
import { productPlan, productShaders, type ProductSizes } from './product-plan.ts';
import {
  FIRST_CHOICES,
  type ProductForm,
  type ProductVariant,
  type TunedOperator,
} from './product-variant.ts';
import type { WebGpuPlan } from './webgpu-steps.ts';

/** One product on a GPU, in any of its variants; the result stays there. */
export type ProductTrial = {
  /** Compiles a variant. Rejects where the GPU refuses it. */
  prepare(variant: ProductVariant): Promise<PreparedVariant>;
  close(): void;
};

export type PreparedVariant = {
  /** Runs it so many times, one behind the other. Rejects where the GPU finds that invalid. */
  run(times: number): Promise<void>;
  /** The bits of the last run's result. Rejects with the GPU gone. */
  bits(): Promise<Uint32Array>;
};

/** Sizes that models have, and that a slow GPU has done in some milliseconds. */
const SIZES = {
  thin: { m: 1, k: 1024, n: 3072 },
  small: { m: 128, k: 768, n: 768 },
  large: { m: 768, k: 512, n: 768 },
} as const satisfies Record<ProductForm, ProductSizes>;

/** Sums and products of one run of a trial. */
export function trialOperations(form: ProductForm): number {
  const { m, k, n } = SIZES[form];
  return 2 * m * k * n;
}

/** What a trial is of. */
export type TrialOf = {
  readonly operator: TunedOperator;
  readonly form: ProductForm;
  readonly packedDot: boolean;
  /** A dispatch has its operands there; to a call the right one is brought, as the variant takes it. */
  readonly what: 'dispatches' | 'calls';
};

/** Has the GPU hold the operands of a product of this form. Rejects where it has no memory for them. */
export async function openProductTrial(device: GPUDevice, of: TrialOf): Promise<ProductTrial> {
  return withoutError(device, () => productTrial(device, of));
}

function productTrial(device: GPUDevice, of: TrialOf): ProductTrial {
  const { operator, form, what } = of;
  const sizes = SIZES[form];
  const { m, k, n } = sizes;
  const held: GPUBuffer[] = [];
  const buffer = (size: number, usage: number): GPUBuffer => {
    const made = device.createBuffer({ size, usage });
    held.push(made);
    return made;
  };
  const filled = (words: Uint32Array<ArrayBuffer>, usage: number): GPUBuffer => {
    const made = buffer(Math.max(words.byteLength, SIZES_BYTES), usage);
    device.queue.writeBuffer(made, 0, words);
    return made;
  };
  const left = filled(operand(operator, { count: m * k, isLeft: true }), STORAGE);
  const words = operand(operator, { count: k * n, isLeft: false });
  const right = filled(words, STORAGE);
  const matrix = { dtype: 'float32', shape: [k, n], bytes: new Uint8Array(words.buffer) } as const;
  const result = buffer(4 * m * n, STORAGE);
  const staging = buffer(4 * m * n, STAGING);

  const prepare = async (variant: ProductVariant): Promise<PreparedVariant> => {
    const choice = { ...FIRST_CHOICES[operator], [form]: variant };
    const { halves, ...plan } = productPlan(sizes, { ...productShaders(operator, of), choice });
    const bring = (): void => {
      const packed = halves ? inHalves(matrix) : matrix.bytes;
      if (packed === null) throw new Error('small whole numbers are not packed here');
      device.queue.writeBuffer(right, 0, packed);
    };
    const pipeline = await compiled(device, halves ? { ...plan, shader: halves } : plan);
    const layout = pipeline.getBindGroupLayout(0);
    const steps = plan.steps.map(({ sizes: ofStep, workgroups }) => {
      const resources = [filled(new Uint32Array(ofStep), UNIFORM), left, right, result];
      const entries = resources.map((one, binding) => ({ binding, resource: { buffer: one } }));
      return { group: device.createBindGroup({ layout, entries }), workgroups };
    });
    const submit = (times: number): void => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      for (let time = 0; time < times; time++) {
        for (const { group, workgroups } of steps) {
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...workgroups);
        }
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
    };
    const run = async (times: number): Promise<void> => {
      await withoutError(device, () => {
        if (what === 'dispatches') return submit(times);
        for (let time = 0; time < times; time++) {
          bring();
          submit(1);
        }
      });
      await device.queue.onSubmittedWorkDone();
    };
    const bits = async (): Promise<Uint32Array> => {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(result, 0, staging, 0, staging.size);
      // A variant that writes nothing is not to be taken for the one before it.
      encoder.clearBuffer(result);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_READ);
      const copied = new Uint32Array(staging.getMappedRange().slice(0));
      staging.unmap();
      return copied;
    };
    return { run, bits };
  };
  const close = (): void => {
    for (const one of held) one.destroy();
  };
  return { prepare, close };
}

/** Prime, so that what is drawn once stands in another place of each row. */
const DRAWN = 1009;

/** Small whole numbers, whose sums an f32 holds: right variants agree in bits, in whatever order. */
function operand(
  operator: TunedOperator,
  { count, isLeft }: { readonly count: number; readonly isLeft: boolean },
): Uint32Array<ArrayBuffer> {
  const stream = randomStream(count, operator);
  if (operator === 'matmul') {
    const drawn = Float32Array.from({ length: DRAWN }, () => stream.nextBelow(15) - 7);
    return repeated(new Uint32Array(drawn.buffer), count);
  }
  const mask = isLeft ? 0x7f7f7f7f : 0xffffffff;
  return repeated(
    Uint32Array.from({ length: DRAWN }, () => stream.nextUint32() & mask),
    count / 4,
  );
}

function repeated(drawn: Uint32Array, count: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(count);
  for (let at = 0; at < count; at += DRAWN) words.set(drawn.subarray(0, count - at), at);
  return words;
}

function compiled(
  device: GPUDevice,
  { shader, entryPoint, constants = {} }: WebGpuPlan,
): Promise<GPUComputePipeline> {
  return withoutError(device, () => {
    const module = device.createShaderModule({ label: shader, code: WGSL[shader] });
    const compute = { module, entryPoint, constants };
    return device.createComputePipelineAsync({ label: shader, layout: 'auto', compute });
  });
}
