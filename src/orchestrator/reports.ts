import { failure, type Failure } from '../domain/failure.ts';
import { taskIdOf, type AgentId, type JobId, type SessionId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { ResultStatus } from '../domain/report.ts';
import type { TaskOutput } from '../domain/work.ts';
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
import { checkTensorHeld } from './jobs/held-tensor.ts';
import type { Write } from './log/store.ts';
import type { EvidenceBook } from './evidence/evidence-book.ts';
import { refuteReported, refuteShown } from './evidence/refute-reported.ts';
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
  /** Null: nobody keeps evidence. */
  readonly evidence: Pick<EvidenceBook, 'recordMalformed'> | null;
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
  let taken = results.map(take);
  if (taken.some(({ work }) => work === 'unread')) {
    await loadWorks(parts, leases);
    taken = results.map(take);
  }
  const held = taken.some(namesBlobs) ? await refuteUnheld(parts, taken) : succeed(taken);
  if (!held.ok) return held;
  const intakes = await withEvidence(parts, {
    signed,
    agent,
    session,
    results,
    intakes: held.value,
  });
  const writes = writesOf(agent, intakes);
  const told = intakes.map(({ result }) => result);
  const event = { kind: 'results-reported', session, results: told } as const;
  // Before the checks of these results, which may begin as soon as they are durable.
  keepSigned(parts, { signed, ids: results, intakes });
  const submitting = parts.coordinator.submit(event, writes);
  // In the same turn, so that one commit makes both durable.
  const leasing = maxTasks > 0 ? leaseNow(parts, { session, maxTasks }) : null;
  const submitted = await submitting;
  const next = await leasing;
  if (!submitted.ok) {
    parts.reports.forget(intakes.flatMap(({ kept }) => kept?.lease ?? []));
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
  const held = awaited(parts, { lease, session: of.session });
  // The scheduler answers for those that are not: their outputs are of no use.
  if (held === null) return { result: output, kept: null };
  const named = parts.works.known(held);
  if (named === null) return { result: output, kept: null, work: 'unread' };
  const reason = refuteReported(result, { work: named.work, rows: held.rows });
  if (reason !== null) return malformed(output, reason);
  return { result: output, kept: { job: held.job, lease, output: result.output } };
}

/** The lease whose result a session may report; null where it is over, reported already or another's. */
function awaited(
  { coordinator }: Pick<Parts, 'coordinator'>,
  { lease, session }: { readonly lease: LeaseNumber; readonly session: SessionId },
): LeaseView | null {
  const held = leaseOf(coordinator.state, lease);
  return held === null || held.isReported || held.session !== session ? null : held;
}

function malformed({ lease, computeMs }: ReportedResult, reason: string): Intake {
  return { result: { lease, computeMs, result: { kind: 'malformed', reason } }, kept: null };
}

function failed({ lease, computeMs }: ReportedResult, cause: Failure): Intake {
  return { result: { lease, computeMs, result: { kind: 'failed', failure: cause } }, kept: null };
}

/**
 * Keeps the evidence of the first malformed result that the report shows to be so, with one block of
 * a blob that is too short: its author is quarantined for it, and all its other results are dropped.
 * That a blob was never sent is shown by nothing.
 */
async function withEvidence(
  parts: Parts,
  of: {
    readonly signed: SignedReport;
    readonly agent: AgentId;
    readonly session: SessionId;
    readonly results: readonly ReceivedResult[];
    readonly intakes: readonly Intake[];
  },
): Promise<readonly Intake[]> {
  const { evidence, works } = parts;
  if (evidence === null) return of.intakes;
  for (const [at, intake] of of.intakes.entries()) {
    const { lease, result } = intake.result;
    const said = of.results[at];
    if (result.kind !== 'malformed' || said === undefined) continue;
    const held = awaited(parts, { lease, session: of.session });
    if (held === null) continue;
    const { work } = await works.of(held);
    const { job, rows } = held;
    const refuted = await refuteShown(said.result, { work, rows, source: parts.blocks });
    if (refuted === null) continue;
    const { bytes, signature } = of.signed;
    const reason = await evidence.recordMalformed({
      task: taskIdOf(job, held),
      ...{ rows, work, agent: of.agent, ...refuted },
      report: { lease: said.lease, bytes, signature, receivedAtMs: Math.floor(parts.now()) },
    });
    return of.intakes.with(at, malformed(intake.result, reason));
  }
  return of.intakes;
}

function namesBlobs({ kept }: Intake): boolean {
  return kept !== null && kept.output.some(({ source }) => source.kind === 'blob');
}

/** What is damaged was whole when it was put: nobody else's fault, and no word of where it lay. */
const DAMAGED = failure('bytes_mismatch', 'the output came, and was damaged in the store');

/**
 * Turns results whose blobs are not here into malformed ones, and those that the store damaged into
 * failures. Fails as the store does.
 */
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
        if (blob.failure.code === 'bytes_mismatch') return succeed(failed(intake.result, DAMAGED));
        return succeed(malformed(intake.result, blob.failure.message));
      }
      return succeed(intake);
    }),
  );
  const broken = checked.find((intake) => !intake.ok);
  if (broken !== undefined && !broken.ok) return broken;
  return succeed(checked.flatMap((intake) => (intake.ok ? [intake.value] : [])));
}
