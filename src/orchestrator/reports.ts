import { failure } from '../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';
import { TASK_OUTPUT_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { ResultStatus } from '../domain/report.ts';
import { tensorBytes } from '../domain/tensor.ts';
import type { StageWork, TaskOutput } from '../domain/work.ts';
import type { BlockSource } from '../data/index.ts';
import {
  leaseNumberOf,
  leaseOf,
  sessionOf,
  type LeaseNumber,
  type LeaseView,
  type ReportedResult,
} from '../scheduler/index.ts';
import {
  readQuickReport,
  reportFromWire,
  reportMessageFromBytes,
  ReportSchema,
  type ReceivedReport,
  type ReceivedResult,
} from '../wire/index.ts';
import { validateMessage } from '../wire/validation.ts';
import type { Calling, ClientLimits } from './access/client-limits.ts';
import type { SignedClaim } from './access/verify-now.ts';
import { checkStructure } from '../workloads/index.ts';
import { checkTensorHeld } from './jobs/held-tensor.ts';
import type { Write } from './log/store.ts';
import type { SignedReports } from './evidence/signed-reports.ts';
import { leaseNow, type Leased, type LeasingParts } from './leasing.ts';
import { sessionUnknown } from './session-unknown.ts';

export type SignedReport = { readonly bytes: Uint8Array; readonly signature: Uint8Array };
export type ReportAnswer = {
  readonly agent: AgentId;
  readonly statuses: readonly ResultStatus[];
  /** What became of the wish for tasks; null where there was none, or it is to be told again. */
  readonly next: Leased | null;
};

type Parts = LeasingParts & {
  readonly blocks: BlockSource;
  readonly reports: SignedReports;
  readonly verify: (claim: SignedClaim) => boolean;
  readonly limits: ClientLimits;
};

/** A number that no lease has: what is not an id of ours is answered as another's lease. */
const NO_LEASE = -1 as LeaseNumber;

/**
 * What one result comes to: what the scheduler is told, and what is kept of its output. It is taken
 * again where its stage's work must be read first.
 */
type Intake = {
  readonly result: ReportedResult;
  readonly kept: Kept | null;
  readonly work?: 'unread';
};
type Kept = { readonly job: JobId; readonly lease: LeaseNumber; readonly output: TaskOutput };

/**
 * Takes a signed report: what it holds is durable, or known to be worthless, when this returns.
 * Leases as many tasks as are wanted next, as far as they are there.
 *
 * Everything in it is a stranger's until the signature is found to be of the session's own key.
 * Errors: "input_malformed" | "input_invalid" | "session_unknown" | "signature_invalid" |
 * "rate_limited" | "storage_full" | "storage_failed".
 */
export async function takeReport(
  parts: Parts,
  {
    maxTasks,
    calling,
    ...signed
  }: SignedReport & { readonly maxTasks: number; readonly calling: Calling },
): Promise<Outcome<ReportAnswer>> {
  const report = parseReport(signed.bytes);
  if (!report.ok) return report;
  const { session, results } = report.value;
  const known = sessionOf(parts.coordinator.state, session);
  if (known === null) return fail(sessionUnknown());
  const { agent } = known;
  const allowed = parts.limits.call(session, calling);
  if (!allowed.ok) return allowed;
  if (!parts.verify({ agent, purpose: 'report', ...signed })) {
    const text = "the report's signature is not of this session's key";
    return fail(failure('signature_invalid', `${text}. Sign the bytes that are sent.`));
  }
  const { state } = parts.coordinator;
  const leases = results.map(({ lease }) => leaseNumberOf(state, lease) ?? NO_LEASE);
  const take = (result: ReceivedResult, index: number): Intake => {
    return takeResult(parts, { result, lease: leases[index] ?? NO_LEASE, session });
  };
  let intakes = results.map(take);
  if (intakes.some(({ work }) => work === 'unread')) {
    await loadWorks(parts, leases);
    intakes = results.map(take);
  }
  const held = intakes.some(namesBlobs) ? await refuteUnheld(parts, intakes) : succeed(intakes);
  if (!held.ok) return held;
  const writes = writesOf(agent, held.value);
  const told = held.value.map(({ result }) => result);
  const event = { kind: 'results-reported', session, results: told } as const;
  // Before the checks of these results, which may begin as soon as they are durable.
  keepSigned(parts, { signed, ids: results, intakes: held.value });
  const submitting = parts.coordinator.submit(event, writes);
  // In the same turn, so that one commit makes both durable.
  const leasing = maxTasks > 0 ? leaseNow(parts, { session, maxTasks }) : null;
  const submitted = await submitting;
  const next = await leasing;
  if (!submitted.ok) {
    parts.reports.forget(held.value.flatMap(({ kept }) => kept?.lease ?? []));
    return submitted;
  }
  for (const effect of submitted.value) {
    if (effect.kind !== 'results-received') continue;
    return succeed({ agent, statuses: effect.statuses, next: next?.ok ? next.value : null });
  }
  return fail(sessionUnknown());
}

function parseReport(bytes: Uint8Array): Outcome<ReceivedReport> {
  const quick = readQuickReport(bytes);
  if (quick !== null) return succeed(quick);
  const message = reportMessageFromBytes(bytes);
  if (!message.ok) return message;
  const valid = validateMessage(ReportSchema, message.value);
  return valid.ok ? reportFromWire(valid.value) : valid;
}

/** Keeps what the agent signed while its results wait for their verdicts. */
function keepSigned(
  { reports, now }: Parts,
  of: {
    readonly signed: SignedReport;
    readonly ids: readonly ReceivedResult[];
    readonly intakes: readonly Intake[];
  },
): void {
  const leases = of.intakes.flatMap(({ kept }, index) => {
    const id = of.ids[index]?.lease;
    return kept === null || id === undefined ? [] : [{ number: kept.lease, id }];
  });
  if (leases.length === 0) return;
  const { bytes, signature } = of.signed;
  reports.keep({ bytes, signature, receivedAtMs: Math.floor(now()) }, leases);
}

/** Has the works of all that is reported at hand. */
async function loadWorks(parts: Parts, leases: readonly LeaseNumber[]): Promise<void> {
  for (const lease of leases) {
    const held = leaseOf(parts.coordinator.state, lease);
    if (held !== null && parts.works.known(held) === null) await parts.works.of(held);
  }
}

/** Outputs, together for each job. */
function writesOf(agent: AgentId, intakes: readonly Intake[]): readonly Write[] {
  const byJob = new Map<JobId, Kept[]>();
  for (const { kept } of intakes) {
    if (kept === null) continue;
    const ofJob = byJob.get(kept.job);
    if (ofJob === undefined) byJob.set(kept.job, [kept]);
    else ofJob.push(kept);
  }
  return Array.from(byJob, ([job, outputs]) => ({ kind: 'outputs', job, agent, outputs }));
}

const OUTPUT = { kind: 'output' } as const;

function takeResult(
  parts: Parts,
  of: {
    readonly result: ReceivedResult;
    readonly lease: LeaseNumber;
    readonly session: SessionId;
  },
): Intake {
  const { lease } = of;
  const { computeMs, result } = of.result;
  if (result.kind !== 'output') return { result: { lease, computeMs, result }, kept: null };
  const output = { lease, computeMs, result: OUTPUT };
  const held = leaseOf(parts.coordinator.state, lease);
  // The scheduler answers for leases that are over, reported already or another's: their outputs
  // are of no use.
  if (held === null || held.isReported || held.session !== of.session) {
    return { result: output, kept: null };
  }
  const named = parts.works.known(held);
  if (named === null) return { result: output, kept: null, work: 'unread' };
  const reason = refuteStructure(named.work, held, result.output);
  if (reason !== null) return malformed(output, reason);
  return { result: output, kept: { job: held.job, lease, output: result.output } };
}

function malformed({ lease, computeMs }: ReportedResult, reason: string): Intake {
  return { result: { lease, computeMs, result: { kind: 'malformed', reason } }, kept: null };
}

/** What is wrong with an output's structure; null where nothing is. */
function refuteStructure(work: StageWork, held: LeaseView, output: TaskOutput): string | null {
  const structure = checkStructure({ work, rows: held.rows, output });
  if (!structure.ok) return structure.failure.message;
  const bytes = output.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (bytes <= TASK_OUTPUT_BYTES_MAX) return null;
  return `the output has ${bytes} bytes; at most ${TASK_OUTPUT_BYTES_MAX} may be`;
}

function namesBlobs({ kept }: Intake): boolean {
  return kept !== null && kept.output.some(({ source }) => source.kind === 'blob');
}

/** Turns results whose blobs are not here into malformed ones. Fails as the store does. */
async function refuteUnheld(
  parts: Parts,
  intakes: readonly Intake[],
): Promise<Outcome<readonly Intake[]>> {
  const checked = await Promise.all(
    intakes.map(async (intake): Promise<Outcome<Intake>> => {
      for (const tensor of intake.kept?.output ?? []) {
        if (tensor.source.kind === 'inline') continue;
        const blob = await checkTensorHeld(tensor, parts.blocks);
        if (blob.ok) continue;
        if (blob.failure.code === 'storage_failed') return blob;
        return succeed(malformed(intake.result, blob.failure.message));
      }
      return succeed(intake);
    }),
  );
  const failed = checked.find((intake) => !intake.ok);
  if (failed !== undefined && !failed.ok) return failed;
  return succeed(checked.flatMap((intake) => (intake.ok ? [intake.value] : [])));
}
