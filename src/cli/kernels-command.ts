import { InvalidArgumentError, Option, type Command } from 'commander';
import { failure } from '../domain/failure.ts';
import { KERNEL_THREADS_MAX } from '../domain/limits.ts';
import { OPERATORS, type OperatorName } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Kernels } from '../kernels/index.ts';
import { repeatable, type Surroundings } from './command.ts';
import { addCrowdTest } from './crowd-test-command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { namesDraft, tryDraftFile, type DraftOptions } from './kernels-draft.ts';
import { TRACE_BACKENDS, TRACE_HELP, traceFile, type TraceOptions } from './kernels-trace.ts';
import { reportLine, trialHead, trialLine } from './kernels-words.ts';

const KERNEL_BACKENDS = ['wasm', 'webgpu'] as const;
type KernelBackend = (typeof KERNEL_BACKENDS)[number];

type TypedOptions = DraftOptions & {
  readonly backend?: KernelBackend;
  readonly threads?: number;
  readonly operator: readonly string[];
};

const TEST_HELP = `
Exits with 1 where an operator is wrong. The vectors and the tolerances are those by which agents
are tried when they join: src/kernels/*/*-cases.ts.

A kernel of your own is tried in a process of its own, which is ended where it does not end by
itself; it goes nowhere else:
  manyhands kernels source --operator softmax > softmax.wgsl    the network's, to begin with
  manyhands kernels test --operator softmax --wgsl softmax.wgsl
docs/kernels.md says how both kinds are called.`;

const BENCH_HELP = `
Times are medians of many runs, with moving operands to the backend and the result back. GOP/s:
sums and products; GB/s: bytes of operands and result. Right: held against the reference, of a
product in some of its rows.`;

/** Adds `kernels test` and `kernels bench`. */
export function addKernels(program: Command, surroundings: Surroundings): void {
  const kernels = program
    .command('kernels')
    .description('see whether this device computes operators rightly, and how fast');
  withKernelOptions(kernels.command('test'))
    .description('run the published vectors of the operators on each backend')
    .addHelpText('after', TEST_HELP)
    .action(async (typed: TypedOptions) =>
      conclude(typed, surroundings, { use: test, isTimed: false }),
    );
  withKernelOptions(kernels.command('bench'))
    .description('time the operators on each backend, at sizes that models have')
    .addOption(
      new Option('--threads <count>', 'cut large products over so many, on wasm')
        .argParser(threadCount)
        .default(1),
    )
    .addHelpText('after', BENCH_HELP)
    .action(async (typed: TypedOptions) =>
      conclude(typed, surroundings, { use: bench, isTimed: true }),
    );
  kernels
    .command('source')
    .description("write the network's own WGSL of an operator, to begin a kernel with")
    .requiredOption('--operator <name>', 'which one')
    .action(async (typed: { readonly operator: string }) => {
      surroundings.conclude(await source(typed.operator, surroundings), { isJson: false });
    });
  withLimit(kernels.command('trace'))
    .argument('<model>', 'an .onnx file')
    .description('time each node of an ONNX model')
    .addOption(
      new Option('--backend <name>', 'ONNX Runtime native, or its WASM build as in a tab')
        .choices(TRACE_BACKENDS)
        .default('native'),
    )
    .addOption(repeatable('--dimension <name=size>', 'of one that the model leaves open'))
    .addOption(
      new Option('--top <count>', 'nodes to show, the longest first')
        .argParser(natural)
        .default(20),
    )
    .option('--json', 'write the whole trace as JSON to stdout')
    .addHelpText('after', TRACE_HELP)
    .action(async (model: string, typed: TraceOptions) => {
      const isJson = typed.json === true;
      surroundings.conclude(await traceFile(model, typed, surroundings), { isJson });
    });
  addCrowdTest(kernels, surroundings);
}

function withKernelOptions(command: Command): Command {
  const backend = new Option('--backend <name>', 'only this one (default: all that are here)');
  return withLimit(command)
    .option('--wgsl <file>', 'try this shader instead, as the one --operator')
    .option('--wasm <file>', 'try this module instead, as the one --operator')
    .addOption(backend.choices(KERNEL_BACKENDS))
    .addOption(repeatable('--operator <name>', 'only this one').default([], 'all'))
    .option('--json', 'write JSON to stdout, one object a line');
}

function withLimit(command: Command): Command {
  const seconds = 'how long a run of a file of yours may take (default 20)';
  return command.addOption(new Option('--limit <seconds>', seconds).argParser(natural));
}

function natural(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 86400.');
}

function threadCount(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= KERNEL_THREADS_MAX) return value;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${KERNEL_THREADS_MAX}.`);
}

async function source(name: string, { terminal }: Surroundings): Promise<Outcome<ExitCode>> {
  const operators = operatorsNamed([name]);
  if (!operators.ok) return operators;
  const { wgslContract } = await import('../kernels/index.ts');
  for (const operator of operators.value) terminal.result(wgslContract(operator).source.trimEnd());
  return succeed(EXIT.ok);
}

/** What a command does with one backend; false: something is wrong there. */
type Use = (
  kernels: Kernels,
  of: { readonly operators: readonly OperatorName[]; readonly isJson: boolean } & Pick<
    Surroundings,
    'terminal' | 'signal'
  >,
) => Promise<Outcome<boolean>>;

/** Runs on the backends, or what the user wrote instead. */
async function conclude(
  typed: TypedOptions,
  surroundings: Surroundings,
  { use, isTimed }: { readonly use: Use; readonly isTimed: boolean },
): Promise<void> {
  const isJson = typed.json === true;
  const outcome = namesDraft(typed)
    ? await tried(typed, surroundings, isTimed)
    : await run(typed, surroundings, use);
  surroundings.conclude(outcome, { isJson });
}

async function tried(
  typed: TypedOptions,
  { terminal, signal }: Surroundings,
  isTimed: boolean,
): Promise<Outcome<ExitCode>> {
  const operators = operatorsNamed(typed.operator);
  if (!operators.ok) return operators;
  if (typed.backend !== undefined) {
    const text = 'a file of yours says itself where it runs: leave --backend out';
    return fail(failure('config_invalid', text));
  }
  const of = { ...typed, operators: operators.value };
  return tryDraftFile(of, { terminal, signal, isTimed });
}

async function run(
  typed: TypedOptions,
  { terminal, signal }: Surroundings,
  use: Use,
): Promise<Outcome<ExitCode>> {
  const operators = operatorsNamed(typed.operator);
  if (!operators.ok) return operators;
  let isRight = true;
  for (const name of typed.backend === undefined ? KERNEL_BACKENDS : [typed.backend]) {
    const opened = await open(name, typed.threads ?? 1);
    if (!opened.ok) {
      if (typed.backend !== undefined) return opened;
      terminal.note(`${name}: ${opened.failure.message}`);
      continue;
    }
    const of = { operators: operators.value, isJson: typed.json === true, terminal, signal };
    const used = await use(opened.value, of);
    opened.value.close();
    if (!used.ok) return used;
    isRight &&= used.value;
  }
  return succeed(isRight ? EXIT.ok : EXIT.failure);
}

function operatorsNamed(names: readonly string[]): Outcome<readonly OperatorName[]> {
  const unknown = names.find((name) => !OPERATORS.some((known) => known === name));
  if (unknown !== undefined) {
    const known = `the operators are ${OPERATORS.join(', ')}`;
    return fail(failure('config_invalid', `there is no operator "${unknown}": ${known}`));
  }
  const isWanted = (name: OperatorName): boolean => names.length === 0 || names.includes(name);
  return succeed(OPERATORS.filter(isWanted));
}

async function open(backend: KernelBackend, threads: number): Promise<Outcome<Kernels>> {
  const { nodeLaneDevice, spawnNodeKernelThread } = await import('../agent/native/index.ts');
  const device = nodeLaneDevice();
  if (backend === 'wasm') {
    if (threads === 1) return device.openWasm();
    const { openThreadedKernels } = await import('../kernels/index.ts');
    const opened = await openThreadedKernels({ threads, spawn: spawnNodeKernelThread });
    if (!opened.ok || opened.value.threads === threads) return opened;
    opened.value.close();
    const text = `${opened.value.threads} of ${threads} threads started`;
    return fail(failure('backend_unsupported', `${text}: name fewer`));
  }
  const gpu = await device.gpu();
  const opened = gpu === null ? null : await device.openWebGpu(gpu, { isTuned: true });
  if (opened?.ok === true) return opened;
  const why = opened === null ? 'there is no WebGPU' : opened.failure.message;
  return fail(failure('backend_unsupported', `${why}. ${device.gpuRemedy}`));
}

const test: Use = async (kernels, { operators, isJson, terminal, signal }) => {
  const { runConformance } = await import('../kernels/index.ts');
  let isRight = true;
  for (const operator of operators) {
    if (signal.aborted) return fail(failure('canceled', 'stopped before the end'));
    terminal.status(`${operator} on ${kernels.backend} …`);
    for (const report of await runConformance(kernels, [operator])) {
      terminal.result(isJson ? JSON.stringify(report) : reportLine(report));
      isRight &&= report.passed;
    }
  }
  return succeed(isRight);
};

const bench: Use = async (kernels, { operators, isJson, terminal, signal }) => {
  const { runTrial, trialSizes } = await import('../kernels/index.ts');
  const nowMs = (): number => performance.now();
  let isRight = true;
  for (const line of kernels.tuning ?? []) terminal.note(`${kernels.backend}: ${line}`);
  if (!isJson) terminal.result(trialHead());
  for (const operator of operators.filter((name) => kernels.operators.has(name))) {
    for (const size of trialSizes(operator)) {
      terminal.status(`${operator} ${size.join(' x ')} on ${kernels.backend} …`);
      const trial = await runTrial(kernels, { operator, size, nowMs, signal });
      if (!trial.ok) return trial;
      terminal.result(isJson ? JSON.stringify(trial.value) : trialLine(trial.value));
      isRight &&= trial.value.held.kind === 'right';
    }
  }
  return succeed(isRight);
};
