import { randomUUID } from 'node:crypto';
import { failure } from '../domain/failure.ts';
import type { JobSpec, JobView } from '../domain/job.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { publicKeyOf, signBytes, type SigningKey } from '../integrity/index.ts';
import { jobFromWire, jobSpecToWire } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import { followJob, jobProgress } from './follow-job.ts';
import { outputsOf, writeOutputs } from './job-output.ts';
import { clockTime, grouped, transferLine } from './progress.ts';
import type { Terminal } from './terminal.ts';
import type { OnTransfer } from './tensor-file.ts';

/** How a job's way is shown. */
export type Showing = { readonly terminal: Terminal; readonly isJson: boolean };

/**
 * Submits a job; safe to repeat, as the key stays the same from try to try. `contributor` signs for
 * the producer's own agent.
 */
export async function submitJob(
  connection: Connection,
  spec: JobSpec,
  contributor: SigningKey | null,
): Promise<Outcome<JobView>> {
  const idempotencyKey = randomUUID();
  const shown = contributor === null ? {} : await showContributor(contributor, idempotencyKey);
  const request = { idempotencyKey, spec: jobSpecToWire(spec), ...shown };
  const answer = await connection.call((options) => connection.jobs.submitJob(request, options));
  if (!answer.ok) return answer;
  const { job } = answer.value;
  return job === undefined
    ? fail(failure('input_malformed', 'the orchestrator answered without the job'))
    : jobFromWire(job);
}

async function showContributor(key: SigningKey, idempotencyKey: string) {
  const contributorKey = publicKeyOf(key.agent);
  if (!contributorKey.ok) return {};
  const bytes = new TextEncoder().encode(idempotencyKey);
  const contributorSignature = await signBytes(key, { purpose: 'contributor', bytes });
  return { contributorKey: contributorKey.value, contributorSignature };
}

/**
 * Watches a job to its end and writes its outputs. An interruption leaves the job at work and says
 * how to come back.
 *
 * Errors: job_failed, job_canceled, those of the watching and of the writing.
 */
export async function finishJob(
  connection: Connection,
  of: Showing & { readonly job: JobView; readonly paths: ReadonlyMap<string, string> },
): Promise<Outcome<void>> {
  const { terminal, isJson, job } = of;
  const watched = await followJob(connection, {
    job: job.job,
    onView: jobProgress(terminal, { isJson }),
    onLost: (reason) => terminal.note(`Lost the orchestrator, trying again: ${reason}`),
  });
  terminal.clearStatus();
  if (!watched.ok) {
    terminal.note(comeBack(job, of.paths));
    return watched;
  }
  const ended = concluded(watched.value);
  if (!ended.ok) return ended;
  if (!isJson) terminal.note(summary(watched.value));
  if (of.paths.size === 0) return succeed(undefined);
  return collectOutputs(connection, of);
}

/** Fetches the outputs of a finished job into files. */
export async function collectOutputs(
  connection: Connection,
  of: Showing & { readonly job: JobView; readonly paths: ReadonlyMap<string, string> },
): Promise<Outcome<void>> {
  const { terminal, isJson } = of;
  const tensors = await outputsOf(connection, of.job.job);
  if (!tensors.ok) return tensors;
  const onTransfer = transferProgress(terminal);
  const { paths } = of;
  const written = await writeOutputs(connection, { tensors: tensors.value, paths, onTransfer });
  terminal.clearStatus();
  if (!written.ok) return written;
  if (isJson) terminal.result(JSON.stringify({ job: of.job.job, outputs: written.value }));
  for (const { path, name, dtype, shape } of isJson ? [] : written.value) {
    terminal.note(`Wrote ${path}: ${name}, ${dtype} [${shape.join(', ')}]`);
  }
  return succeed(undefined);
}

/** Shows bytes that move, on a terminal only. */
export function transferProgress(terminal: Terminal): OnTransfer {
  return ({ what, ...bytes }) => {
    terminal.status(transferLine(what, { ...bytes, width: terminal.width }));
  };
}

/** Succeeds for a job that is done. Errors: job_failed, job_canceled. */
export function concluded(job: JobView): Outcome<void> {
  if (job.state === 'canceled') {
    return fail(failure('job_canceled', `${job.job} was canceled: it has no output.`));
  }
  if (job.state !== 'failed') return succeed(undefined);
  const why = job.failure === null ? 'no reason was given' : job.failure.message;
  return fail(failure('job_failed', `${job.job} failed: ${why}`));
}

function summary(job: JobView): string {
  const took = clockTime((job.endedAtMs ?? job.submittedAtMs) - job.submittedAtMs);
  const agents = job.contributorCount === 1 ? '1 agent' : `${job.contributorCount} agents`;
  return `Done: ${grouped(job.rowCount)} rows in ${took} by ${agents}.`;
}

function comeBack(job: JobView, paths: ReadonlyMap<string, string>): string {
  const outputs = [...paths].map(([name, path]) => ` --output ${name}=${path}`);
  return [
    `The job goes on without this command. To come back:`,
    `  npx manyhands job watch ${job.job}`,
    `  npx manyhands job output ${job.job}${outputs.join('')}`,
  ].join('\n');
}
