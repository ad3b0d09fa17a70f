import type { Command } from 'commander';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { SimulatedAction } from '../execution-machine/index.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { readText } from './read-text.ts';

/** A simulation begins here, so that it is the same each time. Unix time in ms. */
const START_MS = 1_700_000_000_000;

const SIMULATE_HELP = `
actions.json is a list: [{ "caller": "ann", "action": { … } }, …]. Entry n is at index n and n seconds
after the deployment. Nothing leaves this machine. More in docs/functions.md.`;

/** Adds `fn`. What its commands need is loaded if it is used. */
export async function addFn(
  program: Command,
  { surroundings, isUsed }: { surroundings: Surroundings; isUsed: boolean },
): Promise<void> {
  const fn = program
    .command('fn')
    .description('write functions for the log: try, deploy, write, read and evaluate them');
  if (!isUsed) return;
  const { addFnNetworkCommands } = await import('./fn-network-commands.ts');
  const { addFnEvaluate } = await import('./fn-evaluate-command.ts');
  fn.command('simulate')
    .description('deploy a function on an empty log, and run actions on it')
    .argument('<source>', 'file of the function')
    .argument('[actions]', 'file of the actions')
    .option('--json', 'write JSON to stdout, one object a line')
    .addHelpText('after', SIMULATE_HELP)
    .action(async (source: string, actions: string | undefined, typed: { json?: true }) => {
      const outcome = await simulateFiles({ source, actions, ...typed }, surroundings);
      surroundings.conclude(outcome, { isJson: typed.json === true });
    });
  addFnNetworkCommands(fn, surroundings);
  addFnEvaluate(fn, surroundings);
}

async function simulateFiles(
  of: { readonly source: string; readonly actions: string | undefined; readonly json?: true },
  { terminal }: Surroundings,
): Promise<Outcome<ExitCode>> {
  const source = await readText(of.source);
  if (!source.ok) return source;
  const written = of.actions === undefined ? succeed('[]') : await readText(of.actions);
  if (!written.ok) return written;
  const actions = parseActions(written.value);
  if (!actions.ok) return actions;
  // Loaded only now: no other command needs the engine.
  const { simulate } = await import('../execution-machine/index.ts');
  const { openNodeEngine } = await import('../execution-machine/node.ts');
  const engine = await openNodeEngine();
  if (!engine.ok) return engine;
  const given = { source: source.value, actions: actions.value, startMs: START_MS };
  const { function: id, outcomes, rows } = await simulate(engine.value, given);
  const isJson = of.json === true;
  terminal.result(isJson ? JSON.stringify({ function: id }) : `function ${id}`);
  for (const [index, outcome] of outcomes.entries()) {
    terminal.result(JSON.stringify(isJson ? { index, ...outcome } : outcome));
  }
  for (const [key, value] of rows) {
    const row = { key, value };
    terminal.result(
      isJson ? JSON.stringify(row) : `${JSON.stringify(key)} = ${JSON.stringify(value)}`,
    );
  }
  const isDone = outcomes.every(({ kind }) => kind === 'done');
  return succeed(isDone ? EXIT.ok : EXIT.failure);
}

function parseActions(text: string): Outcome<readonly SimulatedAction[]> {
  const remedy = 'Write a list of { "caller": text, "action": data without fractions }.';
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return fail(failure('input_malformed', `the actions are no JSON. ${remedy}`));
  }
  const isAction = (one: unknown): one is SimulatedAction =>
    typeof one === 'object' &&
    one !== null &&
    'action' in one &&
    'caller' in one &&
    typeof one.caller === 'string';
  if (!Array.isArray(parsed) || !parsed.every(isAction)) {
    return fail(failure('input_invalid', `the actions are no list of actions. ${remedy}`));
  }
  return succeed(parsed);
}
