import type { Command } from 'commander';
import { failure } from '../domain/failure.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobView } from '../domain/job.ts';
import { PAGE_SIZE_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { jobFromWire, type Job } from '../wire/index.ts';
import {
  connect,
  jobArgument,
  repeatable,
  withProducerOptions,
  type ProducerOptions,
  type Surroundings,
} from './command.ts';
import type { Connection } from './connection.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { outputsOf } from './job-output.ts';
import { jobDetails, jobTable } from './job-words.ts';
import { assignNames } from './named-values.ts';
import { checkOutputPaths } from './output-file.ts';
import { printable } from './printable.ts';
import { collectOutputs, finishJob, type Showing } from './submit-job.ts';

type Action<Options> = (of: {
  readonly connection: Connection;
  readonly options: Options;
  readonly showing: Showing;
}) => Promise<Outcome<ExitCode>>;

/** Adds `job list`, `show`, `watch`, `cancel` and `output`. */
export function addJobCommands(job: Command, surroundings: Surroundings): void {
  const list = job.command('list').description('list jobs, newest first');
  withProducerOptions(list)
    .option('--limit <count>', `at most so many jobs, 1 to ${PAGE_SIZE_MAX}`, '50')
    .action((options: ListOptions) => perform(listJobs, { options, surroundings }));
  onJob(job.command('show'), 'show how a job stands', (id, options: ProducerOptions) =>
    perform(showJob(id), { options, surroundings }),
  );
  onJob(job.command('watch'), 'show progress until the job ends', (id, options: ProducerOptions) =>
    perform(watchJob(id), { options, surroundings }),
  );
  onJob(job.command('cancel'), 'end a job without output', (id, options: ProducerOptions) =>
    perform(cancelJob(id), { options, surroundings }),
  );
  const output = job
    .command('output')
    .addOption(repeatable('--output <[name=]file>', 'write an output as .npy'));
  const text = 'write the outputs of a finished job; without --output, list them';
  onJob(output, text, (id, options: OutputOptions) =>
    perform(outputJob(id), { options, surroundings }),
  );
}

type ListOptions = ProducerOptions & { readonly limit: string };
type OutputOptions = ProducerOptions & { readonly output: readonly string[] };

function onJob<Options>(
  command: Command,
  description: string,
  act: (id: string, options: Options) => Promise<void>,
): void {
  withProducerOptions(command.description(description))
    .argument('<job>', "the job's id, job_…")
    .action(act);
}

/** Runs an action with what every one of them needs. */
async function perform<Options extends ProducerOptions>(
  action: Action<Options>,
  of: { readonly options: Options; readonly surroundings: Surroundings },
): Promise<void> {
  const { options, surroundings } = of;
  const isJson = options.json === true;
  const showing = { terminal: surroundings.terminal, isJson };
  const connection = await connect(options, surroundings);
  const outcome = connection.ok
    ? await action({ connection: connection.value, options, showing })
    : connection;
  surroundings.conclude(outcome, { isJson });
}

const listJobs: Action<ListOptions> = async ({ connection, options, showing }) => {
  const { terminal, isJson } = showing;
  const pageSize = /^\d{1,3}$/.test(options.limit) ? Number(options.limit) : 0;
  if (pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
    const text = `--limit ${options.limit} is not a whole number from 1 to ${PAGE_SIZE_MAX}.`;
    return fail(failure('config_invalid', text));
  }
  const answer = await connection.call((with_) => connection.jobs.listJobs({ pageSize }, with_));
  if (!answer.ok) return answer;
  const jobs: JobView[] = [];
  for (const message of answer.value.jobs) {
    const job = jobFromWire(message);
    if (!job.ok) return job;
    jobs.push(job.value);
  }
  if (isJson) for (const job of jobs) terminal.result(JSON.stringify(job));
  else if (jobs.length === 0) terminal.note('There are no jobs. "job submit --help" shows how.');
  else terminal.result(jobTable(jobs));
  return succeed(EXIT.ok);
};

function showJob(id: string): Action<ProducerOptions> {
  return async ({ connection, showing }) => {
    const job = await getJob(connection, id);
    if (!job.ok) return job;
    const { terminal, isJson } = showing;
    terminal.result(isJson ? JSON.stringify(job.value) : jobDetails(job.value));
    return succeed(EXIT.ok);
  };
}

function watchJob(id: string): Action<ProducerOptions> {
  return async ({ connection, showing }) => {
    const job = await getJob(connection, id);
    if (!job.ok) return job;
    const finished = await finishJob(connection, { ...showing, job: job.value, paths: new Map() });
    return finished.ok ? succeed(EXIT.ok) : finished;
  };
}

function cancelJob(id: string): Action<ProducerOptions> {
  return async ({ connection, showing }) => {
    const former = await getJob(connection, id);
    if (!former.ok) return former;
    const { job, endedAtMs } = former.value;
    const canceled = await connection.call((options) =>
      connection.jobs.cancelJob({ jobId: job }, options),
    );
    if (!canceled.ok) return canceled;
    const view = parseAnswer(canceled.value.job);
    if (!view.ok) return view;
    const { terminal, isJson } = showing;
    if (isJson) terminal.result(JSON.stringify(view.value));
    else terminal.note(canceledWords(view.value, { wasOver: endedAtMs !== null }));
    return succeed(EXIT.ok);
  };
}

/** A cancel that comes too late changes nothing: to be told, and no failure. */
function canceledWords({ job, state }: JobView, { wasOver }: { wasOver: boolean }): string {
  if (state === 'canceled' && !wasOver) return `${job} is canceled.`;
  return `${job} is ${state} already: there was nothing to cancel.`;
}

function outputJob(id: string): Action<OutputOptions> {
  return async ({ connection, options, showing }) => {
    const job = await getJob(connection, id);
    if (!job.ok) return job;
    const tensors = await outputsOf(connection, job.value.job);
    if (!tensors.ok) return tensors;
    const { terminal, isJson } = showing;
    if (options.output.length === 0) {
      for (const { name, tensor } of tensors.value) {
        const { dtype, shape } = tensor;
        const words = `${printable(name)}  ${dtype} [${shape.join(', ')}]`;
        terminal.result(isJson ? JSON.stringify({ name, dtype, shape }) : words);
      }
      return succeed(EXIT.ok);
    }
    const names = tensors.value.map(({ name }) => name);
    const asked = { flag: '--output', names, isComplete: false };
    const paths = assignNames(options.output, asked);
    if (!paths.ok) return paths;
    const writable = await checkOutputPaths([...paths.value.values()]);
    if (!writable.ok) return writable;
    const wanted = { ...showing, job: job.value, paths: paths.value };
    const written = await collectOutputs(connection, wanted);
    return written.ok ? succeed(EXIT.ok) : written;
  };
}

async function getJob(connection: Connection, id: string): Promise<Outcome<JobView>> {
  const job: Outcome<JobId> = jobArgument(id);
  if (!job.ok) return job;
  const answer = await connection.call((options) =>
    connection.jobs.getJob({ jobId: job.value }, options),
  );
  return answer.ok ? parseAnswer(answer.value.job) : answer;
}

function parseAnswer(job: Job | undefined): Outcome<JobView> {
  return job === undefined
    ? fail(failure('input_malformed', 'the orchestrator answered without the job'))
    : jobFromWire(job);
}
