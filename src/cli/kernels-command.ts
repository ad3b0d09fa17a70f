import { Option, type Command } from 'commander';
import { failure } from '../domain/failure.ts';
import { OPERATORS, type OperatorName } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Kernels } from '../kernels/index.ts';
import { repeatable, type Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { reportLine, trialHead, trialLine } from './kernels-words.ts';

const KERNEL_BACKENDS = ['wasm', 'webgpu'] as const;
type KernelBackend = (typeof KERNEL_BACKENDS)[number];

type TypedOptions = {
  readonly backend?: KernelBackend;
  readonly operator: readonly string[];
  readonly json?: true;
};

const TEST_HELP = `
Exits with 1 where an operator is wrong. The vectors and the tolerances are those by which agents
are tried when they join: src/kernels/*/*-cases.ts.`;

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
    .action(async (typed: TypedOptions) => conclude(typed, surroundings, test));
  withKernelOptions(kernels.command('bench'))
    .description('time the operators on each backend, at sizes that models have')
    .addHelpText('after', BENCH_HELP)
    .action(async (typed: TypedOptions) => conclude(typed, surroundings, bench));
}

function withKernelOptions(command: Command): Command {
  const backend = new Option('--backend <name>', 'only this one (default: all that are here)');
  return command
    .addOption(backend.choices(KERNEL_BACKENDS))
    .addOption(repeatable('--operator <name>', 'only this one').default([], 'all'))
    .option('--json', 'write JSON to stdout, one object a line');
}

/** What a command does with one backend; false: something is wrong there. */
type Use = (
  kernels: Kernels,
  of: { readonly operators: readonly OperatorName[]; readonly isJson: boolean } & Pick<
    Surroundings,
    'terminal' | 'signal'
  >,
) => Promise<Outcome<boolean>>;

async function conclude(typed: TypedOptions, surroundings: Surroundings, use: Use): Promise<void> {
  const isJson = typed.json === true;
  surroundings.conclude(await run(typed, surroundings, use), { isJson });
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
    const opened = await open(name);
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

async function open(backend: KernelBackend): Promise<Outcome<Kernels>> {
  const { nodeLaneDevice } = await import('../agent/native/index.ts');
  const device = nodeLaneDevice();
  if (backend === 'wasm') return device.openWasm();
  const gpu = await device.gpu();
  const opened = gpu === null ? null : await device.openWebGpu(gpu);
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
  if (!isJson) terminal.result(trialHead());
  for (const operator of operators.filter((name) => kernels.operators.has(name))) {
    for (const size of trialSizes(operator)) {
      terminal.status(`${operator} ${size.join(' x ')} on ${kernels.backend} …`);
      const trial = await runTrial(kernels, { operator, size, nowMs, signal });
      if (!trial.ok) return trial;
      terminal.result(isJson ? JSON.stringify(trial.value) : trialLine(trial.value));
      isRight &&= trial.value.comparison.kind === 'equal';
    }
  }
  return succeed(isRight);
};
