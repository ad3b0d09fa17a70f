import { assert } from '../../domain/assert.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { RowRange, Tensor } from '../../domain/tensor.ts';
import type { Program, StageWork, TaskOutput } from '../../domain/work.ts';
import {
  compareTensors,
  largestError,
  runReference,
  shapedCall,
  toleranceOf,
  UNBOUNDED,
  type Kernels,
  type OperatorCall,
  type Tolerance,
} from '../../kernels/index.ts';
import { suspectRows, type CheckName } from '../../validation/index.ts';
import { equalBytes } from '../equal-bytes.ts';
import { readInputs } from '../read-inputs.ts';
import type { RowBuffers } from '../row-buffers.ts';
import { readResult } from '../read-result.ts';
import { sliceRows, tensorRows, type TensorReader } from '../row-slice.ts';
import { computedHere } from './computed-here.ts';
import { callOf, type GraphInputs } from './graph-rows.ts';
import type { ProductProbe, ProductProbes } from './product-probes.ts';
import { rowParts } from './row-parts.ts';

/** A task of a stage of operators, as results of it are checked. */
export type GraphChecking = {
  readonly work: StageWork;
  readonly program: Extract<Program, { kind: 'graph' }>;
  /** The task's. */
  readonly rows: RowRange;
  readonly read: TensorReader;
  /** Inputs that go whole, once they were read. */
  readonly wholes: Map<string, Tensor>;
  /** For the rows at hand. */
  readonly buffers: RowBuffers;
  /** For what our own kernels make of them. */
  readonly own: RowBuffers;
  /** Null: products are recomputed. */
  readonly probes: ProductProbes | null;
  /** Our own: what is to the bit what they give passes, and spares the reference. */
  readonly kernels: Kernels;
};

/** Operators' tolerances scale with the largest numbers among rows judged at once: so few are. */
export const ROWS_JUDGED_AT_ONCE = 16;

/** What is claimed of some rows: the reported tensors by name. */
type Claims = ReadonlyMap<string, Tensor>;

/** A probed node's suspicions, one for each row of the task; 0 for rows not checked. */
type Probed = { readonly probe: ProductProbe; readonly residuals: Float64Array };

/** One result while it is checked. */
export class CheckedResult {
  readonly checks = new Set<CheckName>();
  wrong: string | null = null;
  readonly #of: GraphChecking;
  readonly #output: TaskOutput;
  readonly #probed = new Map<OperatorNode, Probed>();

  constructor(of: GraphChecking, output: TaskOutput) {
    this.#of = of;
    this.#output = output;
  }

  /** Checks some rows, but for products under suspicion; keeps nothing of them but that. */
  async check(inputs: GraphInputs, rows: RowRange): Promise<Outcome<void>> {
    if (this.wrong !== null) return DONE;
    const claims = await this.#claims(rows);
    if (!claims.ok) return claims;
    const left = await this.#screen({ inputs, rows, claims: claims.value });
    if (!left.ok) return left;
    if (left.value.size === 0) return DONE;
    for (const part of rowParts(rows, ROWS_JUDGED_AT_ONCE)) {
      if (this.wrong !== null) return DONE;
      const within = { start: part.start - rows.start, end: part.end - rows.start };
      const claimed = new Map<string, Tensor>();
      for (const [name, tensor] of claims.value) claimed.set(name, tensorRows(tensor, within));
      const judged = this.#judge({ inputs, rows: part, claims: claimed }, left.value);
      if (!judged.ok) return judged;
    }
    return DONE;
  }

  /** Recomputes the rows under suspicion, the most suspicious first, until one is wrong. */
  async confirm(): Promise<Outcome<void>> {
    const { work, rows } = this.#of;
    for (const [node, { probe, residuals }] of this.#probed) {
      for (const index of suspectRows(residuals)) {
        if (this.wrong !== null) return DONE;
        const row = { start: rows.start + index, end: rows.start + index + 1 };
        const read = await readInputs({ ...this.#of, rows: row });
        if (!read.ok) return read;
        const claims = await this.#claims(row);
        if (!claims.ok) return claims;
        const inputs = { work, first: row.start, tensors: read.value };
        const judged = this.#judgeProduct({ inputs, rows: row, claims: claims.value }, node, probe);
        if (!judged.ok) return judged;
      }
    }
    return DONE;
  }

  /**
   * Goes through all rows at once, and tells the nodes whose references must still be run.
   *
   * Products are probed whose operands are at hand, and what is to the bit what our own kernels give
   * passes: their results lie within the tolerance of the references, which published vectors and
   * tests over any numbers hold them to.
   */
  async #screen(part: Part): Promise<Outcome<ReadonlySet<OperatorNode>>> {
    const left: OperatorNode[] = [];
    const tensors = new Map(part.claims);
    const isHere = (name: string) => tensors.has(name) || part.inputs.tensors.has(name);
    const isReported = (name: string) => part.claims.has(name) || part.inputs.tensors.has(name);
    for (const node of this.#of.program.nodes) {
      const claimed = part.claims.get(node.output);
      if (claimed) left.push(node);
      if (!node.inputs.every(isHere)) continue;
      const call = callOf(node, { ...part, made: tensors });
      if (!call.ok) return call;
      const probe = claimed ? (this.#of.probes?.of(node, call.value) ?? null) : null;
      if (claimed && probe) {
        if (!node.inputs.every(isReported)) continue;
        const probed = this.#probe({ node, call: call.value, claimed, probe, rows: part.rows });
        if (!probed.ok) return probed;
        left.pop();
        continue;
      }
      const { kernels, own } = this.#of;
      const into = own.of(node.output);
      const ours = await computedHere(call.value, { kernels, into });
      if (ours === null) continue;
      if (!claimed) tensors.set(node.output, ours);
      else if (equalBytes(ours.bytes, claimed.bytes)) {
        this.checks.add('recompute-rows');
        left.pop();
      }
    }
    return succeed(this.#withUnreported(left, part.claims));
  }

  /** Some nodes, with those behind them whose results were not reported. */
  #withUnreported(nodes: readonly OperatorNode[], claims: Claims): ReadonlySet<OperatorNode> {
    const all = new Set(nodes);
    const names = new Set(nodes.flatMap(({ inputs }) => inputs));
    for (const node of this.#of.program.nodes.toReversed()) {
      if (!names.has(node.output) || claims.has(node.output)) continue;
      all.add(node);
      for (const name of node.inputs) names.add(name);
    }
    return all;
  }

  #judge(part: Part, left: ReadonlySet<OperatorNode>): Outcome<void> {
    const made: Made = { tensors: new Map(), errors: new Map() };
    for (const node of this.#of.program.nodes) {
      const claimed = part.claims.get(node.output);
      if (!left.has(node)) {
        if (claimed) made.tensors.set(node.output, claimed);
        continue;
      }
      const call = callOf(node, { ...part, made: made.tensors });
      if (!call.ok) return call;
      const probe = claimed ? this.#of.probes?.of(node, call.value) : null;
      if (claimed && probe) {
        const leftError = made.errors.get(node.inputs[0] ?? '') ?? 0;
        const by = { node, call: call.value, claimed, probe, rows: part.rows, leftError };
        const done = this.#probe(by);
        if (!done.ok) return done;
      } else {
        const expected = recomputed(node, { call: call.value, made });
        if (!expected.ok) return expected;
        if (claimed) this.#compare({ node, ...expected.value, claimed, first: part.rows.start });
        else keep(node, { ...expected.value, made });
      }
      if (this.wrong !== null) return DONE;
      // Whoever reported it computed with it: further errors begin anew from here.
      if (claimed) made.tensors.set(node.output, claimed);
    }
    return DONE;
  }

  #probe(of: {
    readonly node: OperatorNode;
    readonly call: OperatorCall;
    readonly claimed: Tensor;
    readonly probe: ProductProbe;
    readonly rows: RowRange;
    readonly leftError?: number;
  }): Outcome<void> {
    const { node, call, claimed, probe, rows, leftError = 0 } = of;
    const { start, end } = this.#of.rows;
    // Values that the operator does not take are seen where rows under suspicion are recomputed.
    const fits = shapedCall(call);
    if (!fits.ok) return fits;
    const known = this.#probed.get(node);
    const residuals = known?.residuals ?? new Float64Array(end - start);
    if (known === undefined) this.#probed.set(node, { probe, residuals });
    residuals.set(probe.residuals(call, { claimed, leftError }), rows.start - start);
    for (const name of probe.checks) this.checks.add(name);
    return DONE;
  }

  #compare(of: {
    readonly node: OperatorNode;
    readonly expected: Tensor;
    readonly tolerance: Tolerance;
    readonly claimed: Tensor;
    readonly first: number;
  }): void {
    const { expected, tolerance } = of;
    this.checks.add('recompute-rows');
    const found = compareTensors({ expected, actual: of.claimed, tolerance });
    if (found.kind === 'equal') return;
    const numbers = `is ${found.actual}, recomputed ${found.expected}`;
    const which = `element ${found.index} after row ${of.first}`;
    this.wrong = `output "${of.node.output}": ${which} ${numbers}`;
  }

  /** Recomputes one row of a reported product, from what was reported before it. */
  #judgeProduct(part: Part, product: OperatorNode, probe: ProductProbe): Outcome<void> {
    const made: Made = { tensors: new Map(), errors: new Map() };
    for (const node of this.#of.program.nodes) {
      const claimed = part.claims.get(node.output);
      if (claimed && node !== product) {
        made.tensors.set(node.output, claimed);
        continue;
      }
      const call = callOf(node, { ...part, made: made.tensors });
      if (!call.ok) return call;
      if (node !== product) {
        const expected = recomputed(node, { call: call.value, made });
        if (!expected.ok) return expected;
        keep(node, { ...expected.value, made });
        continue;
      }
      assert(claimed !== undefined, 'only what was reported is under suspicion');
      const expected = runReference(call.value);
      if (!expected.ok) return expected;
      const leftError = made.errors.get(node.inputs[0] ?? '') ?? 0;
      const tolerance = leftError < Infinity ? probe.tolerance(call.value, leftError) : UNBOUNDED;
      this.#compare({
        node,
        expected: expected.value,
        tolerance,
        claimed,
        first: part.rows.start,
      });
      return DONE;
    }
    return DONE;
  }

  /** The reported tensors of some rows; one that cannot be read is wrong. */
  async #claims(rows: RowRange): Promise<Outcome<Claims>> {
    const { work, read, buffers } = this.#of;
    const { start } = this.#of.rows;
    const within = { start: rows.start - start, end: rows.end - start };
    const claims = new Map<string, Tensor>();
    for (const [index, { name }] of work.outputs.entries()) {
      const ref = this.#output[index];
      assert(ref !== undefined, 'the structure was found right');
      const into = buffers.of(name);
      const tensor = await readResult(read, sliceRows(ref, within), into);
      if (!tensor.ok) return tensor;
      if (tensor.value === null) this.wrong = `output "${name}": cannot be read`;
      else claims.set(name, tensor.value);
    }
    return succeed(claims);
  }
}

/** Some rows with what they are computed from and what was reported of them. */
type Part = { readonly inputs: GraphInputs; readonly rows: RowRange; readonly claims: Claims };

/** What nodes made by now, and the errors that honest kernels may have made in what is not reported. */
type Made = { readonly tensors: Map<string, Tensor>; readonly errors: Map<string, number> };

/** A node's result by its reference, and how far an honest one may lie from it. */
function recomputed(
  node: OperatorNode,
  { call, made }: { call: OperatorCall; made: Made },
): Outcome<{ readonly expected: Tensor; readonly tolerance: Tolerance }> {
  const result = runReference(call);
  if (!result.ok) return result;
  const errors = node.inputs.map((name) => made.errors.get(name) ?? 0);
  const bounded = errors.every((error) => error < Infinity);
  const tolerance = bounded ? toleranceOf(call, errors) : UNBOUNDED;
  return succeed({ expected: result.value, tolerance });
}

/** Keeps what is not reported for the nodes behind it. */
function keep(
  node: OperatorNode,
  of: { readonly expected: Tensor; readonly tolerance: Tolerance; readonly made: Made },
): void {
  const { expected, tolerance, made } = of;
  made.tensors.set(node.output, expected);
  // Where sums may pass the largest f32 on one device and not on another, nothing can be told.
  const error = tolerance.overflows ? Infinity : largestError(tolerance, expected);
  made.errors.set(node.output, error);
}

const DONE = succeed(undefined);
