import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FAILURE_CODES, failure, type FailureCode } from '../domain/failure.ts';
import { parseLeaseId, parseSessionId, type SessionId } from '../domain/ids.ts';
import { TASK_FAILURE_CHARS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Report, ResultStatus, TaskReport } from '../domain/report.ts';
import { ResultStatus as WireResultStatus } from './gen/manyhands/agents/v1/agent_service_pb.ts';
import {
  ReportSchema,
  type Report as WireReport,
  type TaskResult,
} from './gen/manyhands/agents/v1/task_pb.ts';
import { backendFromWire, backendToWire } from './capability-wire.ts';
import { collect } from './collect.ts';
import { nameTable } from './name-table.ts';
import { tensorRefFromWire, tensorRefToWire } from './tensor-wire.ts';

const STATUS = nameTable<ResultStatus, WireResultStatus>({
  received: WireResultStatus.RECEIVED,
  duplicate: WireResultStatus.DUPLICATE,
  late: WireResultStatus.LATE,
  foreign: WireResultStatus.FOREIGN,
  malformed: WireResultStatus.MALFORMED,
});
const KNOWN_CODES: ReadonlySet<string> = new Set(FAILURE_CODES);

/** The bytes that an agent signs (purpose "report") and sends as they are. */
export function reportToBytes(report: Report): Uint8Array {
  return toBinary(
    ReportSchema,
    create(ReportSchema, {
      sessionId: report.session,
      results: report.results.map((result) => ({
        leaseId: result.lease,
        result:
          result.result.kind === 'output'
            ? {
                case: 'outputs' as const,
                value: { tensors: result.result.output.map(tensorRefToWire) },
              }
            : {
                case: 'failure' as const,
                value: {
                  code: result.result.failure.code,
                  message: result.result.failure.message.slice(0, TASK_FAILURE_CHARS_MAX),
                },
              },
        computeMs: Math.max(0, Math.round(result.computeMs)),
        backend: backendToWire(result.backend),
      })),
    }),
  );
}

/** The message in signed bytes, for rules to be checked on it before `reportFromWire`. */
export function reportMessageFromBytes(bytes: Uint8Array): Outcome<WireReport> {
  try {
    return succeed(fromBinary(ReportSchema, bytes));
  } catch (error) {
    return fail(failure('input_malformed', `the report does not parse: ${String(error)}`));
  }
}

/** A report whose leases are known, though what is said of some of them may not parse. */
export type ReceivedReport = {
  readonly session: SessionId;
  readonly results: readonly ReceivedResult[];
};
export type ReceivedResult = Omit<TaskReport, 'result'> & {
  readonly result: TaskReport['result'] | { readonly kind: 'malformed'; readonly reason: string };
};

/**
 * Parses a report result by result: an output that does not parse is the fault of that result
 * alone, and its agent's, so it must not undo what else was reported.
 *
 * Errors: input_malformed, input_invalid.
 */
export function reportFromWire(message: WireReport): Outcome<ReceivedReport> {
  const session = parseSessionId(message.sessionId);
  if (!session.ok) return session;
  const results = collect(message.results, receivedResultFromWire);
  return results.ok ? succeed({ session: session.value, results: results.value }) : results;
}

/** Parses signed bytes. Errors: input_malformed, input_invalid, limit_exceeded, shape_mismatch. */
export function reportFromBytes(bytes: Uint8Array): Outcome<Report> {
  const message = reportMessageFromBytes(bytes);
  if (!message.ok) return message;
  const session = parseSessionId(message.value.sessionId);
  if (!session.ok) return session;
  const results = collect(message.value.results, taskReportFromWire);
  return results.ok ? succeed({ session: session.value, results: results.value }) : results;
}

export function resultStatusToWire(status: ResultStatus): WireResultStatus {
  return STATUS.toWire(status);
}

/** A status that this build does not know changes nothing, as 'late' does. */
export function resultStatusFromWire(value: WireResultStatus): ResultStatus {
  return STATUS.fromWire(value) ?? 'late';
}

export function isFailureCode(code: string): code is FailureCode {
  return KNOWN_CODES.has(code);
}

function taskReportFromWire(message: TaskResult): Outcome<TaskReport> {
  const lease = leaseFromWire(message);
  if (!lease.ok) return lease;
  const result = resultFromWire(message.result);
  return result.ok ? succeed({ ...lease.value, result: result.value }) : result;
}

function receivedResultFromWire(message: TaskResult): Outcome<ReceivedResult> {
  const lease = leaseFromWire(message);
  if (!lease.ok) return lease;
  const result = resultFromWire(message.result);
  if (result.ok) return succeed({ ...lease.value, result: result.value });
  const { message: reason } = result.failure;
  return succeed({ ...lease.value, result: { kind: 'malformed', reason } });
}

function leaseFromWire(message: TaskResult): Outcome<Omit<TaskReport, 'result'>> {
  const lease = parseLeaseId(message.leaseId);
  if (!lease.ok) return lease;
  const backend = backendFromWire(message.backend);
  if (!backend.ok) return backend;
  const { computeMs } = message;
  return succeed({ lease: lease.value, computeMs, backend: backend.value });
}

function resultFromWire(result: TaskResult['result']): Outcome<TaskReport['result']> {
  if (result.case === 'outputs') {
    const output = collect(result.value.tensors, tensorRefFromWire);
    return output.ok ? succeed({ kind: 'output', output: output.value }) : output;
  }
  if (result.case === 'failure') {
    // A code that this build does not know is still a failure of the device's own.
    const code = isFailureCode(result.value.code) ? result.value.code : 'execution_failed';
    return succeed({ kind: 'failed', failure: failure(code, result.value.message) });
  }
  return fail(failure('input_malformed', 'a result has neither output nor failure'));
}
