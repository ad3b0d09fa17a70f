import type { Command } from 'commander';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { SimulationOptions, SimulationResult } from '../simulation/index.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { planOf, type Plan, type TypedOptions } from './simulate-options.ts';
import { progressLine, resultJson, resultLines, summaryLine } from './simulate-words.ts';
import type { Terminal } from './terminal.ts';

const DESCRIPTION = 'run a whole network in virtual time, break it, and check its promises';

const FAULT_HELP = `
Faults (--faults crash,loss; crash:2 has the first two crashes alone):
  crash, vanish, leave, clock-jump, straggler, liar, flood, disk-full, disk-slow, partition,
  loss, duplicate, reorder, poison

The same options have the same history on every machine: its hash tells. A seed that fails prints
the one command that replays it, and exits with 1; --shrink looks for a smaller one that fails the
same checker. Ctrl-C stops between two events. More in docs/testing.md.`;

/** Adds `simulate`. */
export function addSimulate(program: Command, surroundings: Surroundings): void {
  program
    .command('simulate')
    .description(DESCRIPTION)
    .option('--seed <number>', 'seed of one simulation (default: drawn at random, and printed)')
    .option('--seeds <A..B>', 'run all seeds from A to B, one line each')
    .option('--agents <count>', 'devices that take part', '8')
    .option('--minutes <count>', 'virtual minutes in which things go wrong', '3')
    .option('--jobs <count>', 'jobs that are submitted (default: as keeps the agents busy)')
    .option('--faults <list>', 'what goes wrong: all, none, or names with commas between', 'all')
    .option('--shrink', 'of a seed that fails, find a smaller simulation that does')
    .option('--json', 'write JSON to stdout, one object a seed')
    .addHelpText('after', FAULT_HELP)
    .action(async (typed: TypedOptions) => {
      const plan = await planOf(typed);
      const outcome = plan.ok ? await runAll(plan.value, { typed, ...surroundings }) : plan;
      surroundings.conclude(outcome, { isJson: typed.json === true });
    });
}

type At = Pick<Surroundings, 'terminal' | 'signal'> & { readonly typed: TypedOptions };

async function runAll({ seeds, of }: Plan, at: At): Promise<Outcome<ExitCode>> {
  const { terminal, typed } = at;
  const failed: number[] = [];
  const startedAtMs = performance.now();
  for (let seed = seeds.first; seed <= seeds.last; seed++) {
    const result = await runOne(of(seed), at);
    if (result === null) return fail(failure('canceled', 'stopped before the end'));
    if (result.violations.length === 0) continue;
    failed.push(seed);
    if (typed.shrink !== true) continue;
    const isWhole = await shrinkOne(result, at);
    if (!isWhole) return fail(failure('canceled', 'stopped before the smallest was found'));
  }
  terminal.clearStatus();
  const count = seeds.last - seeds.first + 1;
  const realMs = performance.now() - startedAtMs;
  if (count > 1) terminal.note(summaryLine({ count, failed, realMs }));
  return succeed(failed.length === 0 ? EXIT.ok : EXIT.failure);
}

/** Runs a simulation and tells its result; null where it was stopped. */
async function runOne(options: SimulationOptions, at: At): Promise<SimulationResult | null> {
  const { terminal, typed } = at;
  const { replayCommand } = await import('../simulation/index.ts');
  const startedAtMs = performance.now();
  const result = await watched(options, at);
  if (result.isInterrupted) return null;
  terminal.clearStatus();
  const realMs = performance.now() - startedAtMs;
  const told = { result, realMs, replay: replayCommand(options) };
  if (typed.json === true) terminal.result(resultJson(told));
  else for (const line of resultLines(told)) terminal.result(line);
  return result;
}

/** Looks for a smaller simulation that the same checker complains of; false where it was stopped. */
async function shrinkOne(failing: SimulationResult, at: At): Promise<boolean> {
  const { terminal, signal } = at;
  const { replayCommand, shrink } = await import('../simulation/index.ts');
  const checker = failing.violations[0]?.checker;
  let tries = 0;
  const found = await shrink(failing.options, async (options) => {
    tries += 1;
    const result = await watched(options, at);
    if (result.isInterrupted) return null;
    const fails = result.violations.some((violation) => violation.checker === checker);
    if (fails) say(terminal, `  ${tries} tries, smaller: ${replayCommand(options)}`);
    return fails;
  });
  terminal.clearStatus();
  // Whether or not it was the end: the smallest so far.
  say(terminal, `  shrunk, ${tries} tries: ${replayCommand(found)}`);
  if (at.typed.json === true) terminal.result(JSON.stringify({ shrunk: replayCommand(found) }));
  return !signal.aborted;
}

async function watched(
  options: SimulationOptions,
  { terminal, signal }: At,
): Promise<SimulationResult> {
  const { simulate } = await import('../simulation/index.ts');
  return simulate(options, {
    signal,
    onProgress: (progress) => {
      terminal.status(progressLine(options.seed, progress, terminal.width));
    },
  });
}

function say(terminal: Terminal, text: string): void {
  terminal.clearStatus();
  terminal.note(text);
}
