import type { Command } from 'commander';
import type { WorkloadSpec } from '../domain/job.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import {
  repeatable,
  connect,
  withProducerOptions,
  type ProducerOptions,
  type Surroundings,
} from './command.ts';
import type { SigningKey } from '../integrity/index.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { GRAPH_FILE_HELP } from './graph-file.ts';
import { planInference, uploadInference, type InferenceOptions } from './inference-job.ts';
import { parseTerms, type TermsOptions } from './job-terms.ts';
import { planOperators, uploadOperators, type OperatorsOptions } from './operators-job.ts';
import { checkOutputPaths } from './output-file.ts';
import { finishJob, submitJob, transferProgress } from './submit-job.ts';
import type { Upload } from './tensor-file.ts';

type SubmitOptions = ProducerOptions &
  TermsOptions & {
    readonly name?: string;
    readonly contributor?: string;
    readonly watch?: true;
  };

/** A job whose files are at hand, whatever its workload. */
type ReadyJob = {
  readonly name: string;
  readonly paths: ReadonlyMap<string, string>;
  readonly upload: (upload: Upload) => Promise<Outcome<WorkloadSpec>>;
};

const INFERENCE_HELP = `
Rows of the inputs (their first dimension) are computed apart; all inputs have as many. What is
the same for all rows is a --constant: a number takes the type that the model wants.

Examples:
  manyhands job submit inference --model mnist.onnx --input images.npy --output digits.npy --watch
  manyhands job submit inference --model vad.onnx --input audio=a.npy --constant rate=16000 \\
    --output speech=s.npy --watch`;

/** Adds `job submit inference` and `job submit operators`. */
export function addSubmit(job: Command, surroundings: Surroundings): void {
  const submit = job.command('submit').description('upload what a job needs and submit it');
  const inference = submit
    .command('inference')
    .description('run an ONNX model over the rows of .npy files')
    .requiredOption('--model <file>', 'the model, an ONNX file')
    .addOption(repeatable('--input <[name=]file>', 'a .npy file for an input of the model'))
    .addOption(repeatable('--constant <name=value>', 'an input given once: number or .npy file'));
  withSubmitOptions(inference).addHelpText('after', INFERENCE_HELP);
  inference.action(async (options: SubmitOptions & InferenceOptions) => {
    const outcome = await submitReady(options, surroundings, async () => {
      const plan = await planInference(options);
      if (!plan.ok) return plan;
      const upload = (to: Upload): ReturnType<ReadyJob['upload']> =>
        uploadInference(plan.value, to);
      return succeed({ ...plan.value, upload });
    });
    surroundings.conclude(outcome, { isJson: options.json === true });
  });
  const operators = submit
    .command('operators')
    .description('run a graph of operators over .npy files')
    .requiredOption('--graph <file>', 'the graph, a JSON file (see below)')
    .addOption(repeatable('--input <[name=]file>', 'a .npy file for an input of the graph'));
  withSubmitOptions(operators).addHelpText('after', `\n${GRAPH_FILE_HELP}`);
  operators.action(async (options: SubmitOptions & OperatorsOptions) => {
    const outcome = await submitReady(options, surroundings, async () => {
      const plan = await planOperators(options);
      if (!plan.ok) return plan;
      const upload = (to: Upload): ReturnType<ReadyJob['upload']> =>
        uploadOperators(plan.value, to);
      return succeed({ ...plan.value, upload });
    });
    surroundings.conclude(outcome, { isJson: options.json === true });
  });
}

function withSubmitOptions(command: Command): Command {
  command
    .addOption(repeatable('--output <[name=]file>', 'where --watch writes an output, as .npy'))
    .option('--watch', 'show progress until the end, then write the outputs')
    .option('--name <text>', 'name for people (default: that of the model or graph)')
    .option('--check <how>', 'adaptive, twice or recompute:SHARE of rows', 'adaptive')
    .option('--rows-per-task <count>', 'rows of one task (default: fitted to each device)')
    .option('--weight <number>', 'its share of the network among other jobs, 1 to 100', '1')
    .option('--deadline <time>', 'fail unless it ends within 90s, 30m, 12h, 7d … of acceptance')
    .option(
      '--contributor <file>',
      'key file of your own agent: its work speeds your job up a bit',
    );
  return withProducerOptions(command);
}

/** Loaded when it is wanted: it brings the agent along. */
async function keyIn(file: string): Promise<Outcome<SigningKey>> {
  const { openKeyFile } = await import('../agent/native/index.ts');
  return openKeyFile(file);
}

async function submitReady(
  options: SubmitOptions,
  surroundings: Surroundings,
  plan: () => Promise<Outcome<ReadyJob>>,
): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = surroundings;
  const isJson = options.json === true;
  const terms = parseTerms(options);
  if (!terms.ok) return terms;
  const { contributor } = options;
  const key = contributor === undefined ? null : await keyIn(contributor);
  if (key !== null && !key.ok) return key;
  const ready = await plan();
  if (!ready.ok) return ready;
  const writable = await checkOutputPaths([...ready.value.paths.values()]);
  if (!writable.ok) return writable;
  const connection = await connect(options, surroundings);
  if (!connection.ok) return connection;
  const { sink } = connection.value;
  const onTransfer = transferProgress(terminal);
  const workload = await ready.value.upload({ sink, signal, onTransfer });
  terminal.clearStatus();
  if (!workload.ok) return workload;
  const name = options.name ?? ready.value.name;
  const spec = { ...terms.value, name, workload: workload.value };
  const job = await submitJob(connection.value, spec, key?.value ?? null);
  if (!job.ok) return job;
  if (isJson) terminal.result(JSON.stringify(job.value));
  else terminal.result(job.value.job);
  const { paths } = ready.value;
  if (options.watch !== true) {
    if (!isJson) terminal.note(`Submitted. Follow it: npx manyhands job watch ${job.value.job}`);
    return succeed(EXIT.ok);
  }
  const finished = await finishJob(connection.value, { job: job.value, paths, terminal, isJson });
  return finished.ok ? succeed(EXIT.ok) : finished;
}
