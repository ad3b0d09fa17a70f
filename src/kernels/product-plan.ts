import { assert } from '../domain/assert.ts';
import { GPU_SUBMISSION_PRODUCTS_MAX } from '../domain/limits.ts';
import {
  FIRST_TILE,
  productFormOf,
  type ProductChoice,
  type ProductVariant,
  type TunedOperator,
} from './product-variant.ts';
import {
  WORKGROUPS_MAX,
  type GpuFeatures,
  type ShaderName,
  type WebGpuPlan,
  type WebGpuStep,
} from './webgpu-steps.ts';

export type ProductSizes = { readonly m: number; readonly k: number; readonly n: number };

/** A product's shaders: the tiled one, and the one for few rows; of floats, more of them. */
export type ProductShaders = {
  readonly tiled: ShaderName;
  readonly thin: ShaderName;
  readonly subgroups?: ShaderName;
  /** The same of a right matrix in halves. */
  readonly halves?: Readonly<Record<ProductVariant['shader'], ShaderName>>;
};

const FLOATS = {
  tiled: 'matmul',
  thin: 'matmulThin',
  subgroups: 'matmulSubgroups',
  halves: {
    tiled: 'matmulHalves',
    thin: 'matmulThinHalves',
    subgroups: 'matmulSubgroupsHalves',
  },
} as const;
const BYTES_PACKED = { tiled: 'qmatmulPacked', thin: 'qmatmulThinPacked' } as const;
const BYTES_PLAIN = { tiled: 'qmatmulPlain', thin: 'qmatmulThinPlain' } as const;

/** The shaders of a product on a GPU with or without packed dot products. */
export function productShaders(
  operator: TunedOperator,
  { packedDot }: Pick<GpuFeatures, 'packedDot'>,
): ProductShaders {
  if (operator === 'matmul') return FLOATS;
  return packedDot ? BYTES_PACKED : BYTES_PLAIN;
}

/** Plans a product in the variant that was chosen for its form; null: all in the first tiles. */
export function productPlan(
  sizes: ProductSizes,
  of: ProductShaders & { readonly choice: ProductChoice | null },
): WebGpuPlan {
  const { choice } = of;
  const form = choice === null ? 'small' : productFormOf(sizes);
  const variant = choice?.[form] ?? FIRST_TILE;
  const shader = of[variant.shader];
  const halves = variant.takesHalves ? of.halves?.[variant.shader] : undefined;
  assert(shader !== undefined, 'a variant is of a product that has its shader');
  const { constants } = variant;
  return {
    shader,
    ...(halves && { halves }),
    entryPoint: 'main',
    steps: productSteps(sizes, variant),
    constants:
      form === 'thin' ? { ...constants, ROWS: sizes.m === 1 ? 1 : variant.rows } : constants,
  };
}

/** Tiles of a product, in submissions that hold the GPU for a bounded time each. */
function productSteps(
  { m, k, n }: ProductSizes,
  { rows, columns }: ProductVariant,
): readonly WebGpuStep[] {
  const down = Math.ceil(m / rows);
  const across = Math.ceil(n / columns);
  const tilesMax = Math.max(
    1,
    Math.floor(GPU_SUBMISSION_PRODUCTS_MAX / (rows * columns * Math.max(k, 1))),
  );
  const width = Math.min(across, tilesMax, WORKGROUPS_MAX);
  const height = Math.min(down, Math.max(1, Math.floor(tilesMax / width)), WORKGROUPS_MAX);
  const steps: WebGpuStep[] = [];
  for (let row = 0; row < down; row += height) {
    for (let column = 0; column < across; column += width) {
      const workgroups = [Math.min(width, across - column), Math.min(height, down - row)] as const;
      steps.push({ sizes: [m, k, n, row, column], workgroups });
    }
  }
  return steps;
}
