import { failure, type Failure } from '../../domain/failure.ts';
import type { LeaseId } from '../../domain/ids.ts';
import type { TensorRef } from '../../domain/tensor.ts';
import type { TaskOutput } from '../../domain/work.ts';
import { equalBytes, verifyBytes } from '../../integrity/index.ts';
import type { Evidence } from '../../validation/index.ts';
import {
  reportFromWire,
  reportMessageFromBytes,
  type ReceivedReport,
  type ReceivedResult,
} from '../../wire/index.ts';

/** What the report in evidence is worth. */
export type ReportFinding =
  /** The key of the accused signed that this output came of that lease. */
  | { readonly kind: 'signed'; readonly lease: LeaseId }
  /** None is there: nothing shows that the accused said it. */
  | { readonly kind: 'absent' }
  /** What is there is of another key, of other bytes, or says something else. */
  | { readonly kind: 'false'; readonly failure: Failure };

/**
 * Finds out whether the accused signed what it is accused of.
 *
 * Report, signature, key and output may all come from an attacker. Which task a lease was of is
 * not signed by anybody: the agent knows.
 */
export async function checkReport(evidence: Evidence): Promise<ReportFinding> {
  const { report } = evidence;
  const accused = evidence.results[evidence.accused];
  if (report === null || accused === undefined) return { kind: 'absent' };
  const { lease, bytes, signature } = report;
  const isSigned = await verifyBytes({ agent: accused.agent, purpose: 'report', bytes, signature });
  if (!isSigned) return falsified('signature_invalid', 'the report is not signed by the key');
  const message = reportMessageFromBytes(bytes);
  const read = message.ok ? reportFromWire(message.value) : message;
  if (!read.ok) return falsified('input_malformed', read.failure.message);
  const said = resultIn(read.value, lease);
  if (said === undefined) return falsified('input_invalid', 'the report is not of this lease');
  // What it says there is itself what is judged.
  if (evidence.mode.kind === 'structure') return { kind: 'signed', lease };
  if (said.kind !== 'output' || !equalOutputs(said.output, accused.output)) {
    return falsified('input_invalid', 'the report says another output than the one here');
  }
  return { kind: 'signed', lease };
}

/** The first result of a lease is the one that counts. */
export function resultIn(
  { results }: ReceivedReport,
  lease: LeaseId,
): ReceivedResult['result'] | undefined {
  return results.find((result) => result.lease === lease)?.result;
}

function falsified(code: Failure['code'], text: string): ReportFinding {
  const remedy = 'This evidence says nothing about the key';
  return { kind: 'false', failure: failure(code, `${text}. ${remedy}.`) };
}

function equalOutputs(left: TaskOutput, right: TaskOutput): boolean {
  return (
    left.length === right.length &&
    left.every((tensor, index) => {
      const other = right[index];
      return other !== undefined && equalTensors(tensor, other);
    })
  );
}

function equalTensors(left: TensorRef, right: TensorRef): boolean {
  if (left.dtype !== right.dtype || left.shape.join() !== right.shape.join()) return false;
  const [one, other] = [left.source, right.source];
  if (one.kind === 'inline') return other.kind === 'inline' && equalBytes(one.bytes, other.bytes);
  if (other.kind === 'inline') return false;
  return one.blob === other.blob && one.byteOffset === other.byteOffset;
}
