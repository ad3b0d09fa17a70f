import { failure, type Failure } from '../domain/failure.ts';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { TASK_OUTPUT_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { ResultStatus } from '../domain/report.ts';
import { tensorBytes } from '../domain/tensor.ts';
import type { TaskOutput } from '../domain/work.ts';
import type { BlockSource } from '../data/index.ts';
import { leaseOf, sessionOf, type LeaseView, type ReportedResult } from '../scheduler/index.ts';
import {
  reportFromWire,
  reportMessageFromBytes,
  ReportSchema,
  type ReceivedReport,
  type ReceivedResult,
} from '../wire/index.ts';
import { validateMessage } from '../wire/validation.ts';
import { checkStructure } from '../workloads/index.ts';
import type { Coordinator } from './coordinator.ts';
import { checkTensorHeld } from './jobs/held-tensor.ts';
import type { Write } from './log/store.ts';
import type { Platform } from './platform.ts';
import type { StageWorks } from './stage-works.ts';

export type SignedReport = { readonly bytes: Uint8Array; readonly signature: Uint8Array };
export type ReportAnswer = { readonly agent: AgentId; readonly statuses: readonly ResultStatus[] };

type Parts = {
  readonly coordinator: Coordinator;
  readonly works: StageWorks;
  readonly blocks: BlockSource;
  readonly platform: Pick<Platform, 'verifyBytes'>;
};

/** What one result comes to: what the scheduler is told, and what is kept of its output. */
type Intake = { readonly result: ReportedResult; readonly write: Write | null };

/**
 * Takes a signed report: what it holds is durable, or known to be worthless, when this returns.
 *
 * Everything in it is a stranger's until the signature is found to be of the session's own key.
 * Errors: "input_malformed" | "input_invalid" | "session_unknown" | "signature_invalid" |
 * "storage_full" | "storage_failed".
 */
export async function takeReport(
  parts: Parts,
  signed: SignedReport,
): Promise<Outcome<ReportAnswer>> {
  const report = parseReport(signed.bytes);
  if (!report.ok) return report;
  const { session, results } = report.value;
  const holder = sessionOf(parts.coordinator.state, session);
  if (holder === null) return fail(sessionUnknown());
  const { agent } = holder;
  if (!(await parts.platform.verifyBytes({ agent, purpose: 'report', ...signed }))) {
    const text = "the report's signature is not of this session's key";
    return fail(failure('signature_invalid', `${text}. Sign the bytes that are sent.`));
  }
  const intakes = await Promise.all(
    results.map((result) => takeResult(parts, { result, session, agent })),
  );
  const failed = intakes.find((intake) => !intake.ok);
  if (failed !== undefined && !failed.ok) return failed;
  const taken = intakes.flatMap((intake) => (intake.ok ? [intake.value] : []));
  const submitted = await parts.coordinator.submit(
    { kind: 'results-reported', session, results: taken.map(({ result }) => result) },
    taken.flatMap(({ write }) => (write === null ? [] : [write])),
  );
  if (!submitted.ok) return submitted;
  for (const effect of submitted.value) {
    if (effect.kind === 'results-received') return succeed({ agent, statuses: effect.statuses });
  }
  return fail(sessionUnknown());
}

/** The session that a call names is not known, or is over. */
export function sessionUnknown(): Failure {
  return failure('session_unknown', 'this session is not known here. Join again.');
}

function parseReport(bytes: Uint8Array): Outcome<ReceivedReport> {
  const message = reportMessageFromBytes(bytes);
  if (!message.ok) return message;
  const valid = validateMessage(ReportSchema, message.value);
  return valid.ok ? reportFromWire(valid.value) : valid;
}

async function takeResult(
  parts: Parts,
  of: { result: ReceivedResult; session: SessionId; agent: AgentId },
): Promise<Outcome<Intake>> {
  const { lease, computeMs, backend, result } = of.result;
  const told = { lease, computeMs, backend };
  if (result.kind !== 'output') return succeed({ result: { ...told, result }, write: null });
  const output = { ...told, result: { kind: 'output' } } as const;
  const held = leaseOf(parts.coordinator.state, lease);
  // The scheduler answers for leases that are over or another's; their outputs are of no use.
  if (held === null || held.session !== of.session) return succeed({ result: output, write: null });
  const refuted = await refuteOutput(parts, held, result.output);
  if (!refuted.ok) return refuted;
  if (refuted.value !== null) {
    const malformed = { kind: 'malformed', reason: refuted.value } as const;
    return succeed({ result: { ...told, result: malformed }, write: null });
  }
  const { job } = held;
  const { agent } = of;
  const write: Write = { kind: 'result', lease, job, agent, output: result.output };
  return succeed({ result: output, write });
}

/** What is wrong with an output's structure; null where nothing is. Fails as the store does. */
async function refuteOutput(
  parts: Parts,
  held: LeaseView,
  output: TaskOutput,
): Promise<Outcome<string | null>> {
  const work = parts.works.of(held);
  const structure = checkStructure({ work, rows: held.rows, output });
  if (!structure.ok) return succeed(structure.failure.message);
  const bytes = output.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (bytes > TASK_OUTPUT_BYTES_MAX) {
    return succeed(`the output has ${bytes} bytes; at most ${TASK_OUTPUT_BYTES_MAX} may be`);
  }
  for (const tensor of output) {
    if (tensor.source.kind === 'inline') continue;
    const blob = await checkTensorHeld(tensor, parts.blocks);
    if (blob.ok) continue;
    if (blob.failure.code === 'storage_failed') return blob;
    return succeed(blob.failure.message);
  }
  return succeed(null);
}
