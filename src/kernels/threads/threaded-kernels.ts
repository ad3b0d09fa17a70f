import { assert } from '../../domain/assert.ts';
import type { Failure } from '../../domain/failure.ts';
import {
  KERNEL_THREAD_OPEN_MS,
  KERNEL_THREAD_PATIENCE_MS,
  KERNEL_THREADS_MAX,
  WASM_MEMORY_BYTES_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { freshMemory, type Scratch } from '../../domain/scratch.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { checkedCall } from '../checked-call.ts';
import type { ColumnRange } from '../column-range.ts';
import type { OperatorCall } from '../kernels.ts';
import { isProduct } from '../product.ts';
import { openWasmKernels, type DirectKernels, type TunedKernels } from '../wasm-kernels.ts';
import { unfilledTensor } from '../wasm-places.ts';
import { columnParts } from './column-parts.ts';
import { HelpingThread, type SpawnThread } from './helping-thread.ts';
import {
  DONE,
  fillParts,
  sharedBytes,
  sharedParts,
  takePart,
  type Product,
} from './shared-product.ts';

/** WASM kernels that cut large products over several threads. */
export type ThreadedKernels = TunedKernels & {
  /** How many threads compute: this one, and those that help it and are not gone. */
  readonly threads: number;
};

/** Products of less work are computed by one thread: it takes about 0.1 ms to ask another. */
const OPERATIONS_MIN = { bytes: 2 ** 27, floats: 2 ** 25 } as const;
/** Fewer rows do not repay that the right matrix is copied to where the other threads see it. */
const ROWS_MIN = 24;
/**
 * What the thread that cuts does besides, as the depth of a product that takes as long: it copies.
 *
 * With these numbers both of two threads use about the same CPU time at 512^3 to 2048^3 on a Zen 5.
 */
const OWN_DEPTHS = { bytes: 64, floats: 40 } as const;
/** How many times as long as the own part another part may take. */
const PATIENCE = 4;

/**
 * Opens the WASM kernels in this thread and in `threads` - 1 others, which help with products.
 *
 * A product is cut by columns of its right matrix and of its result, so that each thread packs only
 * what it multiplies by. The bits are those of one thread, for matmul too. Where there is no shared
 * memory, as in a page that is not isolated, and where no thread starts, this one computes alone: see
 * `threads`.
 *
 * Limits: threads <= KERNEL_THREADS_MAX. Errors: those of `openWasmKernels`.
 */
export async function openThreadedKernels(of: {
  readonly threads: number;
  readonly spawn: SpawnThread;
}): Promise<Outcome<ThreadedKernels>> {
  assert(of.threads >= 1 && of.threads <= KERNEL_THREADS_MAX, 'a caller knows its limits');
  const own = await openWasmKernels();
  if (!own.ok) return own;
  const { build, dotProduct } = own.value;
  const count = typeof SharedArrayBuffer === 'function' ? of.threads - 1 : 0;
  const helpers = Array.from({ length: count }, () => new HelpingThread(of.spawn));
  for (const helper of helpers) helper.begin({ kind: 'open', build, dotProduct });
  await Promise.all(helpers.map((helper) => helper.end(KERNEL_THREAD_OPEN_MS)));
  return succeed(new SplitKernels(own.value, helpers));
}

/**
 * A part that a helper does not do is done here, later; that helper is not asked again:
 *
 *   idle ──large product──> it is shared, and the others begin; the own part; the others' parts
 *   busy: what comes meanwhile is computed by this thread alone
 */
class SplitKernels implements ThreadedKernels {
  readonly backend = 'wasm';
  readonly operators;
  readonly build;
  readonly dotProduct;
  readonly lost;
  readonly #own: DirectKernels;
  readonly #helpers: readonly HelpingThread[];
  #isBusy = false;
  #turn = 0;
  #shared: SharedArrayBuffer | null = null;

  constructor(own: DirectKernels, helpers: readonly HelpingThread[]) {
    this.#own = own;
    this.#helpers = helpers;
    this.operators = own.operators;
    this.build = own.build;
    this.dotProduct = own.dotProduct;
    this.lost = own.lost;
  }

  get threads(): number {
    return 1 + this.#helpers.filter((helper) => !helper.isGone).length;
  }

  async run(call: OperatorCall, into: Scratch = freshMemory): Promise<Outcome<Tensor>> {
    const [left, right] = call.inputs;
    if (this.#isBusy || !isProduct(call.operator) || !left || !right) {
      return this.#own.run(call, into);
    }
    const output = checkedCall(call);
    if (!output.ok) return output;
    const result = unfilledTensor(call, { output: output.value, into });
    if (!result.ok) return result;
    const product = { call, left, right, result: result.value };
    this.#isBusy = true;
    const failed = await this.#split(product);
    this.#isBusy = false;
    return failed === null ? result : fail(failed);
  }

  close(): void {
    this.#own.close();
    for (const helper of this.#helpers) helper.terminate();
    this.#shared = null;
  }

  async #split(product: Product): Promise<Failure | null> {
    const helpers = this.#helpers.filter((helper) => !helper.isGone);
    const [own, ...others] = partsOf(product, 1 + helpers.length);
    const memory = others.length === 0 ? null : this.#sharedOf(sharedBytes(product, others));
    if (own === undefined || memory === null) {
      return this.#own.runInto(product.call, product.result);
    }
    const parts = sharedParts(product, { memory, parts: others });
    const turn = ++this.#turn;
    // They wake while the operands are copied.
    const begun = parts.map((part, index) => {
      const helper = helpers[index];
      assert(helper !== undefined, 'there are no more parts than threads');
      const { call, result, signals } = part;
      helper.begin({ kind: 'run', turn, call, result, signals });
      return { helper, part };
    });
    fillParts(product, { parts, turn });
    const startedAtMs = performance.now();
    let failed = this.#own.runColumns(product.call, product.result, own);
    const withinMs = PATIENCE * (performance.now() - startedAtMs) + KERNEL_THREAD_PATIENCE_MS;
    for (const { helper, part } of begun) {
      const isSeen = (): boolean => Atomics.load(part.signals, DONE) === turn;
      if (await helper.end(withinMs, isSeen)) takePart(product, part);
      else {
        failed ??= this.#own.runColumns(product.call, product.result, part.columns);
        // Whoever is not gone yet may still write there.
        this.#shared = null;
      }
    }
    return failed;
  }

  #sharedOf(bytes: number): SharedArrayBuffer | null {
    if (bytes > WASM_MEMORY_BYTES_MAX) return null;
    if (this.#shared !== null && this.#shared.byteLength >= bytes) return this.#shared;
    try {
      this.#shared = new SharedArrayBuffer(bytes);
      return this.#shared;
    } catch {
      return null;
    }
  }
}

/** The columns for each thread to compute, this one first; none where the product is not worth it. */
function partsOf({ left, right }: Product, threads: number): readonly ColumnRange[] {
  const [m = 0, k = 0] = left.shape;
  const [, n = 0] = right.shape;
  const kind = left.dtype === 'float32' ? 'floats' : 'bytes';
  if (m < ROWS_MIN || 2 * m * k * n < OPERATIONS_MIN[kind]) return [];
  return columnParts(n, { count: threads, ownWork: OWN_DEPTHS[kind] / k });
}
