/** How a product is cut: by which shader, its overrides, and what its workgroups make. */
export type ProductVariant = {
  readonly name: string;
  readonly shader: 'tiled' | 'subgroups' | 'thin';
  readonly constants: Readonly<Record<string, number>>;
  /** Of a workgroup. Count. */
  readonly rows: number;
  readonly columns: number;
  /** Of floats: a right matrix that f16 holds exactly goes to the GPU in half the bytes. */
  readonly takesHalves: boolean;
};

/** Most rows of a product that is made by thin-product.wgsl. */
export const THIN_ROWS_MAX = 4;
/** Most elements of a small product: 64 tiles of the first variant, about as many as a GPU has cores. */
const SMALL_ELEMENTS_MAX = 2 ** 18;

/** Few rows; results of few tiles; all others. Each has its own fastest variant. */
export const PRODUCT_FORMS = ['thin', 'small', 'large'] as const;
export type ProductForm = (typeof PRODUCT_FORMS)[number];

export type ProductChoice = Readonly<Record<ProductForm, ProductVariant>>;

/** Operators whose variants are timed; qlinear takes what is fastest for qmatmul. */
export const TUNED_OPERATORS = ['matmul', 'qmatmul'] as const;
export type TunedOperator = (typeof TUNED_OPERATORS)[number];

export type ProductChoices = Readonly<Record<TunedOperator, ProductChoice>>;

/** Which form a product of these sizes has. */
export function productFormOf({ m, n }: { readonly m: number; readonly n: number }): ProductForm {
  if (m <= THIN_ROWS_MAX) return 'thin';
  return m * n <= SMALL_ELEMENTS_MAX ? 'small' : 'large';
}

/** The defaults of block-product.wgsl: drafts of shaders are called so, too. */
export const FIRST_TILE = tile({ across: 16, down: 16, rows: 4, depth: 8 });

// Registers of an invocation hold 4 x 4 or 8 x 4 sums: more of them need more words fetched once, and
// leave fewer invocations at once. Which is better, a device must tell. All are within the least that
// WebGPU grants: 256 invocations, 16 KiB of workgroup memory.
const TILES = [
  FIRST_TILE,
  tile({ across: 8, down: 8, rows: 4, depth: 8 }),
  tile({ across: 8, down: 8, rows: 8, depth: 8 }),
  tile({ across: 16, down: 8, rows: 8, depth: 8 }),
  tile({ across: 16, down: 16, rows: 8, depth: 8 }),
] as const;

const THIN = [
  thin({ quads: 8, slices: 8 }),
  thin({ quads: 8, slices: 16 }),
  thin({ quads: 8, slices: 32 }),
  thin({ quads: 32, slices: 8 }),
] as const;

// Subgroups of the GPUs known have 4 to 128 invocations: workgroups are whole ones of most, or of all.
const SUBGROUPS = [subgroups(64), subgroups(128)] as const;

/** The variants of each form; the first one is taken where nothing was timed. */
export const PRODUCT_VARIANTS = { thin: THIN, small: TILES, large: TILES } as const;
/** More of them, of matmul alone, on devices with the feature `subgroups`. */
export const SUBGROUP_VARIANTS = { thin: [], small: SUBGROUPS, large: SUBGROUPS } as const;

/** What a device may choose from for products of a form. */
export function variantsOf(of: {
  readonly operator: TunedOperator;
  readonly form: ProductForm;
  readonly hasSubgroups: boolean;
}): readonly ProductVariant[] {
  const { operator, form, hasSubgroups } = of;
  const isMore = operator === 'matmul' && hasSubgroups;
  return isMore ? [...PRODUCT_VARIANTS[form], ...SUBGROUP_VARIANTS[form]] : PRODUCT_VARIANTS[form];
}

/** A variant of matmul, with halves: the same order of sums, so the same bits. */
export function takingHalves(variant: ProductVariant): ProductVariant {
  return { ...variant, name: `${variant.name}, halves`, takesHalves: true };
}

const FIRST: ProductChoice = { thin: THIN[0], small: TILES[0], large: TILES[0] };

/** What is taken where nothing was timed. */
export const FIRST_CHOICES: ProductChoices = { matmul: FIRST, qmatmul: FIRST };

function tile(of: { across: number; down: number; rows: number; depth: number }): ProductVariant {
  const { across, down, rows, depth } = of;
  return {
    name: `${down * rows}x${across * 4} by ${rows}x4, ${depth} deep`,
    shader: 'tiled',
    constants: { ACROSS: across, DOWN: down, ROWS: rows, DEPTH: depth },
    rows: down * rows,
    columns: across * 4,
    takesHalves: false,
  };
}

function subgroups(lanes: number): ProductVariant {
  return {
    name: `8x${lanes * 4} by 8x4, subgroups`,
    shader: 'subgroups',
    constants: { LANES: lanes },
    rows: 8,
    columns: lanes * 4,
    takesHalves: false,
  };
}

function thin({ quads, slices }: { quads: number; slices: number }): ProductVariant {
  return {
    name: `${quads * 4} columns by ${slices} slices`,
    shader: 'thin',
    constants: { QUADS: quads, SLICES: slices },
    rows: THIN_ROWS_MAX,
    columns: quads * 4,
    takesHalves: false,
  };
}
