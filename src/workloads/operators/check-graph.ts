import { assert } from '../../domain/assert.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { rowBytes, tensorBytes, type RowRange, type Tensor } from '../../domain/tensor.ts';
import type { Program, StageWork, TaskOutput } from '../../domain/work.ts';
import {
  checkedCall,
  compareTensors,
  largestError,
  runReference,
  toleranceOf,
  type OperatorCall,
  type Tolerance,
} from '../../kernels/index.ts';
import { suspectRows, type CheckName } from '../../validation/index.ts';
import { readInputs } from '../expected-rows.ts';
import { readResult } from '../read-result.ts';
import { sliceRows, tensorRows, type TensorReader } from '../row-slice.ts';
import { callOf, type GraphInputs } from './graph-rows.ts';
import type { ProductProbe, ProductProbes } from './product-probes.ts';

/** What was found of one result: what is wrong with it, or which checks it passed. */
export type GraphFinding = { readonly wrong: string | null; readonly checks: readonly CheckName[] };

export type GraphChecking = {
  readonly work: StageWork;
  readonly program: Extract<Program, { kind: 'graph' }>;
  /** The task's. */
  readonly rows: RowRange;
  /** Those of them that are checked, ascending. */
  readonly drawn: readonly RowRange[];
  /** Of the right structure. */
  readonly outputs: readonly TaskOutput[];
  readonly read: TensorReader;
  /** Inputs that go whole, once they were read. */
  readonly wholes: Map<string, Tensor>;
  /** Null: products are recomputed. */
  readonly probes: ProductProbes | null;
};

/**
 * Checks results of a stage of operators node by node, in order.
 *
 * A node's operands are the stage's inputs, reported tensors that passed, or what was recomputed
 * here: so each reported tensor is checked against what it was made from, and errors do not pile up.
 * Products that were reported are probed, and rows under suspicion recomputed; all other nodes are
 * recomputed by their references. Only a recomputed element makes a result wrong.
 *
 * Limits: some CHECKED_BYTES of rows are in memory at a time, beside inputs that go whole.
 * Errors: what hinders the check; it says nothing of any result.
 */
export async function checkGraph(of: GraphChecking): Promise<Outcome<readonly GraphFinding[]>> {
  const results = of.outputs.map((output) => new CheckedResult(of, output));
  for (const rows of of.drawn.flatMap((range) => inParts(range, rowsInMemory(of)))) {
    if (results.every(({ wrong }) => wrong !== null)) break;
    const inputs = await readInputs({ ...of, rows });
    if (!inputs.ok) return inputs;
    for (const result of results) {
      const done = await result.check(
        { work: of.work, first: rows.start, tensors: inputs.value },
        rows,
      );
      if (!done.ok) return done;
    }
  }
  for (const result of results) {
    const done = await result.confirm();
    if (!done.ok) return done;
  }
  return succeed(results.map(({ wrong, checks }) => ({ wrong, checks: [...checks] })));
}

/** Rows of a task, in and out, that are in memory at once. Bytes. */
const CHECKED_BYTES = 2 * 1024 * 1024;
/** Operators' tolerances scale with the largest numbers among rows judged at once: so few are. */
const ROWS_JUDGED_AT_ONCE = 16;

const UNBOUNDED: Tolerance = { absolute: Infinity, relative: 0, overflows: true };

/** What is claimed of some rows: the reported tensors by name. */
type Claims = ReadonlyMap<string, Tensor>;

/** A probed node's suspicions, one for each row of the task; 0 for rows not checked. */
type Probed = { readonly probe: ProductProbe; readonly residuals: Float64Array };

class CheckedResult {
  readonly checks = new Set<CheckName>();
  wrong: string | null = null;
  readonly #of: GraphChecking;
  readonly #output: TaskOutput;
  readonly #probed = new Map<OperatorNode, Probed>();

  constructor(of: GraphChecking, output: TaskOutput) {
    this.#of = of;
    this.#output = output;
  }

  /** Checks some rows, but for products under suspicion. */
  async check(inputs: GraphInputs, rows: RowRange): Promise<Outcome<void>> {
    if (this.wrong !== null) return DONE;
    const claims = await this.#claims(rows);
    if (!claims.ok) return claims;
    const probed = this.#probeReported({ inputs, rows, claims: claims.value });
    if (!probed.ok) return probed;
    for (const part of inParts(rows, ROWS_JUDGED_AT_ONCE)) {
      if (this.wrong !== null) return DONE;
      const within = { start: part.start - rows.start, end: part.end - rows.start };
      const claimed = new Map<string, Tensor>();
      for (const [name, tensor] of claims.value) claimed.set(name, tensorRows(tensor, within));
      const judged = this.#judge({ inputs, rows: part, claims: claimed }, probed.value);
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

  /** Probes all rows at once of products whose operands are known without computing. */
  #probeReported(part: Part): Outcome<ReadonlySet<OperatorNode>> {
    const done = new Set<OperatorNode>();
    for (const node of this.#of.program.nodes) {
      const claimed = part.claims.get(node.output);
      const isKnown = (name: string) => part.claims.has(name) || part.inputs.tensors.has(name);
      if (!claimed || !node.inputs.every(isKnown)) continue;
      const call = callOf(node, { ...part, made: part.claims });
      if (!call.ok) return call;
      const probe = this.#of.probes?.of(node, call.value) ?? null;
      if (probe === null) continue;
      const probed = this.#probe({ node, call: call.value, claimed, probe, rows: part.rows });
      if (!probed.ok) return probed;
      done.add(node);
    }
    return succeed(done);
  }

  #judge(part: Part, probed: ReadonlySet<OperatorNode>): Outcome<void> {
    const made: Made = { tensors: new Map(), errors: new Map() };
    for (const node of this.#of.program.nodes) {
      const claimed = part.claims.get(node.output);
      if (claimed && probed.has(node)) {
        made.tensors.set(node.output, claimed);
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
    const fits = checkedCall(call);
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
    const { work, read } = this.#of;
    const { start } = this.#of.rows;
    const within = { start: rows.start - start, end: rows.end - start };
    const claims = new Map<string, Tensor>();
    for (const [index, { name }] of work.outputs.entries()) {
      const ref = this.#output[index];
      assert(ref !== undefined, 'the structure was found right');
      const tensor = await readResult(read, sliceRows(ref, within));
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

function rowsInMemory({ work }: GraphChecking): number {
  let bytesPerRow = 1;
  for (const { tensor, cut } of work.inputs) if (cut === 'rows') bytesPerRow += rowBytes(tensor);
  for (const { dtype, rowShape } of work.outputs) {
    bytesPerRow += tensorBytes({ dtype, shape: rowShape });
  }
  const parts = Math.floor(CHECKED_BYTES / bytesPerRow / ROWS_JUDGED_AT_ONCE);
  return Math.max(1, parts) * ROWS_JUDGED_AT_ONCE;
}

function inParts({ start, end }: RowRange, most: number): RowRange[] {
  const parts: RowRange[] = [];
  for (let from = start; from < end; from += most) {
    parts.push({ start: from, end: Math.min(end, from + most) });
  }
  return parts;
}
