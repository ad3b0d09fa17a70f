import { Command, Option, type OutputConfiguration } from 'commander';
import { failure } from '../domain/failure.ts';
import { parseAgentId, parseJobId, type AgentId, type JobId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { openConnection, parseOrigin, type Connection } from './connection.ts';
import type { ExitCode } from './exit-code.ts';
import type { PauseSwitch } from './pause-switch.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given by the process that runs it. */
export type Surroundings = {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** How the owner of an agent pauses it. */
  readonly pauseSwitch: PauseSwitch;
  /** Takes the outcome of a command's action: the exit code, or why it failed. */
  readonly conclude: (outcome: Outcome<ExitCode>, options: { isJson: boolean }) => void;
};

/** Where producers' commands find their orchestrator. */
export type ProducerOptions = {
  readonly orchestrator: string;
  readonly apiKey?: string;
  readonly json?: true;
};

const DEFAULT_ORCHESTRATOR = 'http://localhost:8080';

/** Adds --orchestrator. */
export function withOrchestrator(command: Command): Command {
  const text = `address of the orchestrator (MANYHANDS_ORCHESTRATOR; default ${DEFAULT_ORCHESTRATOR})`;
  return command.option('--orchestrator <url>', text);
}

/** Adds the options of all commands that speak to an orchestrator for a producer. */
export function withProducerOptions(command: Command): Command {
  return withOrchestrator(command)
    .option(
      '--api-key <key>',
      "producer's key, mh_… (MANYHANDS_API_KEY; found by itself on the orchestrator's machine)",
    )
    .option('--json', 'write JSON to stdout, one object a line');
}

/** Where operators' commands find their orchestrator. */
export type OperatorOptions = {
  readonly orchestrator?: string;
  readonly operatorKey?: string;
  readonly json?: true;
};

/** Adds the options of all commands that speak to an orchestrator for its operator. */
export function withOperatorOptions(command: Command): Command {
  return withOrchestrator(command)
    .option(
      '--operator-key <key>',
      "operator's key, mho_… (MANYHANDS_OPERATOR_KEY; found by itself on the orchestrator's machine)",
    )
    .option('--json', 'write JSON to stdout, one object a line');
}

/** Adds --orchestrator, which may be given several times. */
export function withOrchestrators(command: Command): Command {
  const text =
    'address of an orchestrator, the first one first (MANYHANDS_ORCHESTRATOR, with commas between; ' +
    `default ${DEFAULT_ORCHESTRATOR}); may be given again`;
  const option = new Option('--orchestrator <url>', text);
  return command.addOption(
    option.argParser((url: string, former?: readonly string[]) => [...(former ?? []), url]),
  );
}

/** The addresses of the environment, or the default one. */
export function knownOrchestrators(
  environment: Surroundings['environment'],
): readonly [string, ...string[]] {
  const [first = DEFAULT_ORCHESTRATOR, ...others] = (environment['MANYHANDS_ORCHESTRATOR'] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  return [first, ...others];
}

/** Opens the connection that a producer's options name. Errors: config_invalid. */
export async function connect(
  options: { readonly orchestrator?: string; readonly apiKey?: string },
  { environment, signal }: Surroundings,
): Promise<Outcome<Connection>> {
  const origin = parseOrigin(options.orchestrator ?? knownOrchestrators(environment)[0]);
  if (!origin.ok) return origin;
  const given = options.apiKey ?? environment['MANYHANDS_API_KEY'];
  if (given !== undefined && !/^mh_[A-Za-z0-9_-]{1,100}$/.test(given)) {
    const text = 'an API key begins with mh_ and has no spaces';
    return fail(failure('config_invalid', `${text}. Check --api-key or MANYHANDS_API_KEY.`));
  }
  const apiKey = given ?? (await foundKey(origin.value, environment, 'producer'));
  return succeed(openConnection({ origin: origin.value, key: apiKey, signal }));
}

/** Opens the connection that an operator's options name. Errors: config_invalid. */
export async function connectAsOperator(
  options: OperatorOptions,
  surroundings: Surroundings,
): Promise<Outcome<Connection>> {
  const named = await namedOperator(options, surroundings);
  if (!named.ok) return named;
  return succeed(openConnection({ ...named.value, signal: surroundings.signal }));
}

/** Whom an operator's options name, and the key where one is known. Errors: config_invalid. */
export async function namedOperator(
  options: OperatorOptions,
  { environment }: Surroundings,
): Promise<Outcome<{ readonly origin: string; readonly key: string | null }>> {
  const origin = parseOrigin(options.orchestrator ?? knownOrchestrators(environment)[0]);
  if (!origin.ok) return origin;
  const given = options.operatorKey ?? environment['MANYHANDS_OPERATOR_KEY'];
  if (given !== undefined && !/^mho_[A-Za-z0-9_-]{1,100}$/.test(given)) {
    const text = "an operator's key begins with mho_ and has no spaces";
    return fail(failure('config_invalid', `${text}. Check --operator-key.`));
  }
  const key = given ?? (await foundKey(origin.value, environment, 'operator'));
  return succeed({ origin: origin.value, key });
}

/** The agent's key that an argument names. Errors: config_invalid. */
export function agentArgument(text: string): Outcome<AgentId> {
  const agent = parseAgentId(text);
  if (agent.ok) return agent;
  const remedy = '"npx manyhands agent --json" shows it as "agent"';
  return fail(failure('config_invalid', `"${text}" is not an agent's key. ${remedy}.`));
}

/** The job that an argument names. Errors: config_invalid. */
export function jobArgument(text: string): Outcome<JobId> {
  const job = parseJobId(text);
  if (job.ok) return job;
  const remedy = '"npx manyhands job list" shows the ids';
  return fail(failure('config_invalid', `"${text}" is not a job's id. ${remedy}.`));
}

/** An option that may be given many times. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be given again`)
    .argParser((value: string, former: readonly string[]) => [...former, value])
    .default([], 'none');
}

/** A command whose usage errors are thrown and whose words go to the terminal. */
export function quietCommand(name: string, terminal: Terminal): Command {
  const output: OutputConfiguration = {
    writeOut: (text) => terminal.result(text.trimEnd()),
    writeErr: (text) => terminal.note(text.trimEnd()),
  };
  return new Command(name).exitOverride().configureOutput(output);
}

async function foundKey(
  origin: string,
  environment: Surroundings['environment'],
  whose: 'producer' | 'operator',
): Promise<string | null> {
  // Loaded only here: most of a command's start-up time.
  const { findApiKey, findOperatorKey, resolveConfig } = await import('../orchestrator/index.ts');
  const config = resolveConfig({ flags: {}, environment, file: null });
  if (!config.ok) return null;
  const find = whose === 'producer' ? findApiKey : findOperatorKey;
  return find(origin, config.value.home);
}
