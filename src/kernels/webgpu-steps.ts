import type { WGSL } from './gen/wgsl.ts';
import type { ProductChoices } from './product-variant.ts';

export type ShaderName = keyof typeof WGSL;

/** What to run on the GPU for one call whose shapes were checked. */
export type WebGpuPlan = {
  readonly shader: ShaderName;
  /** The shader to take instead where `inHalves` gives the second input, in its place. */
  readonly halves?: ShaderName;
  readonly entryPoint: string;
  /** Values of the shader's overrides; it has defaults for those that are left out. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Each is submitted on its own, so that the GPU is never held for long. */
  readonly steps: readonly WebGpuStep[];
};

/** What differs between GPUs. */
export type GpuFeatures = {
  readonly packedDot: boolean;
  /** null: in the first tiles, as drafts of shaders are called. */
  readonly products: ProductChoices | null;
};

export type WebGpuStep = {
  /** The shader's `Sizes`, word by word. */
  readonly sizes: readonly number[];
  readonly workgroups: readonly [number, number];
};

/** The least that every WebGPU device grants. */
export const WORKGROUPS_MAX = 65_535;
const FLAT_WORKGROUP = 256;

/** One invocation an element, in two dimensions where one would be too long. */
export function flatSteps(
  count: number,
  of: { before: readonly number[]; workgroup?: number },
): readonly WebGpuStep[] {
  const { before, workgroup = FLAT_WORKGROUP } = of;
  const groups = Math.ceil(count / workgroup);
  const width = Math.min(groups, WORKGROUPS_MAX);
  const workgroups = [width, Math.ceil(groups / width)] as const;
  return [{ sizes: [...before, width * workgroup], workgroups }];
}

/** One workgroup a row, in two dimensions where one would be too long. */
export function rowSteps(rows: number, before: readonly number[]): readonly WebGpuStep[] {
  const width = Math.min(rows, WORKGROUPS_MAX);
  const workgroups = [width, Math.ceil(rows / width)] as const;
  return [{ sizes: [...before, width], workgroups }];
}
