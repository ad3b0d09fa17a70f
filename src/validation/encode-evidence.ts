import type { TensorRef } from '../domain/tensor.ts';
import type { Program, StageWork } from '../domain/work.ts';
import { encodeCanonical, type CanonicalValue } from '../integrity/index.ts';
import { seedToBytes } from './evidence-seed.ts';
import type { Evidence, EvidenceMode, JudgedResult, SignedResult } from './evidence.ts';

/** The version of the format; a change of what the check does with the same seed is another. */
export const EVIDENCE_VERSION = 1;

/**
 * The one encoding of evidence, which its content id names.
 *
 * Canonical dag-cbor and not protobuf: it has exactly one form, so that no byte can be changed
 * without another id, and what is unknown or left out is refused.
 */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encodeCanonical({
    v: EVIDENCE_VERSION,
    task: evidence.task,
    rows: [evidence.rows.start, evidence.rows.end],
    work: workValue(evidence.work),
    mode: modeValue(evidence.mode),
    seed: seedToBytes(evidence.seed),
    results: evidence.results.map(resultValue),
    accused: evidence.accused,
    report: evidence.report === null ? null : reportValue(evidence.report),
    judgedAtMs: evidence.judgedAtMs,
    isWhole: evidence.isWhole,
    blocks: Object.fromEntries(evidence.blocks),
  });
}

/** A share as the eight bytes of its double, highest first: canonical bytes have no floats. */
export function shareToBytes(share: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, share);
  return bytes;
}

function modeValue(mode: EvidenceMode): CanonicalValue {
  if (mode.kind !== 'recompute') return { kind: mode.kind };
  return { kind: 'recompute', share: shareToBytes(mode.share) };
}

function resultValue({ agent, output, verdict }: JudgedResult): CanonicalValue {
  const rejected = verdict.kind === 'rejected' ? verdict.reason : null;
  return { agent, output: output.map(tensorValue), rejected };
}

function reportValue({ lease, bytes, signature, receivedAtMs }: SignedResult): CanonicalValue {
  return { lease, bytes, signature, receivedAtMs };
}

function workValue({ program, inputs, outputs }: StageWork): CanonicalValue {
  return {
    program: programValue(program),
    inputs: inputs.map(({ name, tensor, cut }) => ({ name, cut, tensor: tensorValue(tensor) })),
    outputs: outputs.map(({ name, dtype, rowShape }) => ({ name, dtype, rowShape })),
  };
}

function programValue(program: Program): CanonicalValue {
  if (program.kind === 'graph') {
    return {
      kind: 'graph',
      nodes: program.nodes.map(({ operator, inputs, output, axis }) => {
        return { operator, inputs, output, axis: axis ?? null };
      }),
    };
  }
  if (program.kind === 'audit') return { kind: 'audit' };
  const { model, fixedBatch, inputTypes } = program;
  const { blob, byteLength } = model;
  return { kind: 'model', model: { blob, byteLength }, fixedBatch, inputTypes: { ...inputTypes } };
}

function tensorValue({ dtype, shape, source }: TensorRef): CanonicalValue {
  if (source.kind === 'inline') return { dtype, shape, bytes: source.bytes };
  return { dtype, shape, blob: source.blob, byteOffset: source.byteOffset };
}
