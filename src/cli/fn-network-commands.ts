// `fn deploy | upgrade | write | read | list | key | source`: functions of a network's log.
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { openKeyFile } from '../agent/native/key-file.ts';
import { failure } from '../domain/failure.ts';
import { STATE_ROWS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  codeIdOf,
  dataFromJson,
  dataToJson,
  ENGINE_ID,
  firstFunction,
  type FirstFunction,
} from '../execution-machine/index.ts';
import {
  openNetwork,
  type EntryOutcome,
  type FunctionsNetwork,
  type Written,
} from '../execution-machine/sdk/index.ts';
import { encodeBase64url, type CanonicalValue, type SigningKey } from '../integrity/index.ts';
import { knownOrchestrators, withOrchestrator, type Surroundings } from './command.ts';
import { parseOrigin } from './connection.ts';
import { keepPromise } from './keep-promise.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { readText } from './read-text.ts';

export type FnOptions = {
  readonly orchestrator?: string;
  readonly key?: string;
  readonly json?: true;
};

const WRITE_HELP = `
The action is JSON without fractions, such as '{ "add": 3 }'; @file reads it from a file. Bytes are
written { "/": { "bytes": base64 } }. It is signed with your key, which is made on the spot the first
time, and stands in the log for ever: everybody can read it.`;

const DEPLOY_HELP = `
The id that it prints follows from the source alone: whoever deploys the same text gets the same
function. Without --governance nobody can ever change it. Try it first: "manyhands fn simulate".`;

const SOURCE_HELP = `
Settings are the first line of its source: who may write, what work is worth. What each has stands in
docs/functions.md. To rehearse a change of the rules with your own key, see docs/governance.md.`;

/** Adds the commands that speak to a network. */
export function addFnNetworkCommands(fn: Command, surroundings: Surroundings): void {
  const run = async (
    options: FnOptions,
    act: (network: FunctionsNetwork) => Promise<Outcome<ExitCode>>,
  ): Promise<void> => {
    const network = networkOf(options, surroundings);
    const outcome = network.ok ? await act(network.value) : network;
    surroundings.conclude(outcome, { isJson: options.json === true });
  };
  const signing = (command: Command): Command =>
    withOrchestrator(command)
      .option(
        '--key <file>',
        'your key, made there the first time (default ~/.manyhands/function-key.pem)',
      )
      .option('--json', 'write JSON to stdout');
  const reading = (command: Command): Command =>
    withOrchestrator(command).option('--json', 'write JSON to stdout, one object a line');

  signing(fn.command('deploy'))
    .description('put a function on the log, for ever')
    .argument('<source>', 'file of the function')
    .option('--governance <id>', 'the function whose decisions may change it (default: nobody)')
    .addHelpText('after', DEPLOY_HELP)
    .action((source: string, options: FnOptions & { governance?: string }) =>
      run(options, (network) => deploy(network, { source, options, surroundings })),
    );
  signing(fn.command('upgrade'))
    .description('change a function as its governance has decided')
    .argument('<function>', 'its id')
    .argument('<source>', 'file of the source that was decided on')
    .action((id: string, source: string, options: FnOptions) =>
      run(options, (network) => upgrade(network, { id, source, options, surroundings })),
    );
  signing(fn.command('write'))
    .description('write an action to a function, and wait for what it comes to')
    .argument('<function>', 'its id')
    .argument('<action>', 'JSON, or @file')
    .addHelpText('after', WRITE_HELP)
    .action((id: string, action: string, options: FnOptions) =>
      run(options, (network) => write(network, { id, action, options, surroundings })),
    );
  reading(fn.command('read'))
    .description('read a value, and check its proof')
    .argument('<function>', 'its id')
    .argument('<key>', 'key of the row')
    .action((id: string, key: string, options: FnOptions) =>
      run(options, (network) => read(network, { id, key, options, surroundings })),
    );
  reading(fn.command('list'))
    .description('list rows by the beginning of their keys')
    .argument('<function>', 'its id')
    .argument('[prefix]', 'what keys begin with', '')
    .option('--limit <count>', `most rows, 1 to ${STATE_ROWS_MAX}`, '100')
    .option('--after <key>', 'only rows behind this key')
    .action((id: string, prefix: string, options: ListOptions) =>
      run(options, (network) => list(network, { id, prefix, options, surroundings })),
    );
  signing(fn.command('key'))
    .description('print the public key that your actions are signed with')
    .action((options: FnOptions) =>
      run(options, async () => {
        const key = await keyOf(options, surroundings);
        if (!key.ok) return key;
        const { agent } = key.value;
        surroundings.terminal.result(
          options.json === true ? JSON.stringify({ key: agent }) : agent,
        );
        return succeed(EXIT.ok);
      }),
    );
  fn.command('code')
    .description('print the id by which a proposal names a source')
    .argument('<source>', 'file of the source')
    .action(async (source: string) => {
      surroundings.conclude(await printCode(source, surroundings), { isJson: false });
    });
  fn.command('source')
    .description("print the source of one of the network's own functions, with your settings")
    .argument('<name>', 'credits, standing, registry or governance')
    .argument('<settings>', 'JSON, or @file')
    .addHelpText('after', SOURCE_HELP)
    .action(async (name: string, settings: string) => {
      surroundings.conclude(await printSource({ name, settings }, surroundings), { isJson: false });
    });
}

type Given<Extra> = Extra & { readonly options: FnOptions; readonly surroundings: Surroundings };

async function deploy(
  network: FunctionsNetwork,
  of: Given<{ readonly source: string; readonly options: { readonly governance?: string } }>,
): Promise<Outcome<ExitCode>> {
  const source = await readText(of.source);
  if (!source.ok) return source;
  const key = await keyOf(of.options, of.surroundings);
  if (!key.ok) return key;
  const governance = of.options.governance ?? null;
  const deployed = await network.deploy({ key: key.value, source: source.value, governance });
  if (!deployed.ok) return deployed;
  await keepPromise(network, deployed.value, of.surroundings);
  const { function: id } = deployed.value;
  const outcome = await settled(network, deployed.value.index);
  if (!outcome.ok) return outcome;
  const isThere =
    outcome.value.kind === 'refused' && outcome.value.detail.startsWith('function_known');
  const { terminal } = of.surroundings;
  if (of.options.json === true) {
    const said = isThere ? { kind: 'known' } : outcomeJson(outcome.value);
    terminal.result(JSON.stringify({ function: id, ...placeJson(deployed.value), ...said }));
  } else {
    terminal.result(id);
    terminal.note(isThere ? 'It was deployed before.' : placeWords(deployed.value));
  }
  return succeed(isThere || outcome.value.kind === 'done' ? EXIT.ok : EXIT.failure);
}

async function upgrade(
  network: FunctionsNetwork,
  of: Given<{ readonly id: string; readonly source: string }>,
): Promise<Outcome<ExitCode>> {
  const source = await readText(of.source);
  if (!source.ok) return source;
  const key = await keyOf(of.options, of.surroundings);
  if (!key.ok) return key;
  const upgraded = { key: key.value, function: of.id, source: source.value };
  return tell(network, await network.upgrade(upgraded), of);
}

async function write(
  network: FunctionsNetwork,
  of: Given<{ readonly id: string; readonly action: string }>,
): Promise<Outcome<ExitCode>> {
  const action = await dataOf(of.action);
  if (!action.ok) return action;
  const key = await keyOf(of.options, of.surroundings);
  if (!key.ok) return key;
  const written = { key: key.value, function: of.id, action: action.value };
  return tell(network, await network.write(written), of);
}

/** Says where an entry stands and what it came to. */
async function tell(
  network: FunctionsNetwork,
  written: Outcome<Written>,
  { options, surroundings }: Given<object>,
): Promise<Outcome<ExitCode>> {
  if (!written.ok) return written;
  await keepPromise(network, written.value, surroundings);
  const outcome = await settled(network, written.value.index);
  if (!outcome.ok) return outcome;
  const { terminal } = surroundings;
  const said = outcomeJson(outcome.value);
  if (options.json === true) {
    terminal.result(JSON.stringify({ ...placeJson(written.value), ...said }));
  } else {
    terminal.result(outcomeWords(outcome.value));
    terminal.note(placeWords(written.value));
  }
  return succeed(outcome.value.kind === 'done' ? EXIT.ok : EXIT.failure);
}

async function read(
  network: FunctionsNetwork,
  { id, key, options, surroundings }: Given<{ readonly id: string; readonly key: string }>,
): Promise<Outcome<ExitCode>> {
  const row = await network.read({ function: id, key });
  if (!row.ok) return row;
  const { value, root, size } = row.value;
  const { terminal } = surroundings;
  const head = { size, root: encodeBase64url(root) };
  const told = value === undefined ? null : dataToJson(value);
  if (options.json === true) {
    terminal.result(JSON.stringify({ key, isThere: value !== undefined, value: told, ...head }));
  } else {
    terminal.result(value === undefined ? 'no such row' : JSON.stringify(told));
    terminal.note(`Proven against the state after ${size} entries, root ${head.root}.`);
  }
  return succeed(value === undefined ? EXIT.failure : EXIT.ok);
}

type ListOptions = FnOptions & { readonly limit: string; readonly after?: string };

async function list(
  network: FunctionsNetwork,
  of: Given<{ readonly id: string; readonly prefix: string; readonly options: ListOptions }>,
): Promise<Outcome<ExitCode>> {
  const { id, prefix, options, surroundings } = of;
  const limit = /^\d{1,4}$/.test(options.limit) ? Number(options.limit) : 0;
  if (limit < 1 || limit > STATE_ROWS_MAX) {
    const text = `--limit ${options.limit} is not a whole number from 1 to ${STATE_ROWS_MAX}`;
    return fail(failure('config_invalid', `${text}.`));
  }
  const { after = '' } = options;
  const listed = await network.list({ function: id, prefix, limit, after });
  if (!listed.ok) return listed;
  const { rows, next } = listed.value;
  const { terminal } = surroundings;
  for (const { key, value } of rows) terminal.result(rowText(key, value, options.json === true));
  if (next !== null) terminal.note(`There may be more: --after ${JSON.stringify(next)}`);
  return succeed(EXIT.ok);
}

/** A row for people, or as JSON. */
export function rowText(key: string, value: CanonicalValue, isJson: boolean): string {
  const told = dataToJson(value);
  return isJson
    ? JSON.stringify({ key, value: told })
    : `${JSON.stringify(key)} = ${JSON.stringify(told)}`;
}

async function printCode(path: string, { terminal }: Surroundings): Promise<Outcome<ExitCode>> {
  const source = await readText(path);
  if (!source.ok) return source;
  terminal.result(codeIdOf({ engine: ENGINE_ID, source: source.value }));
  return succeed(EXIT.ok);
}

const FIRST_FUNCTIONS: readonly FirstFunction[] = ['credits', 'standing', 'registry', 'governance'];

async function printSource(
  of: { readonly name: string; readonly settings: string },
  { terminal }: Surroundings,
): Promise<Outcome<ExitCode>> {
  const name = FIRST_FUNCTIONS.find((one) => one === of.name);
  if (name === undefined) {
    const text = `"${of.name}" is none of ${FIRST_FUNCTIONS.join(', ')}`;
    return fail(failure('config_invalid', `${text}.`));
  }
  const settings = await dataOf(of.settings);
  if (!settings.ok) return settings;
  if (typeof settings.value !== 'object' || settings.value === null) {
    return fail(failure('config_invalid', 'settings are a JSON object.'));
  }
  // Lists and bytes have no names, and make settings that no function reads.
  terminal.result(
    firstFunction(name, settings.value as { readonly [key: string]: CanonicalValue }),
  );
  return succeed(EXIT.ok);
}

/** What an entry came to, once it is evaluated. */
async function settled(network: FunctionsNetwork, index: number): Promise<Outcome<EntryOutcome>> {
  for (let count = 1; ; count++) {
    const outcome = await network.outcomeOf(index);
    const isEarly = !outcome.ok && outcome.failure.retryAfterMs !== undefined;
    if (!isEarly || count === OUTCOME_TRIES_MAX) return outcome;
  }
}

/** Each waits some seconds at the orchestrator. */
const OUTCOME_TRIES_MAX = 20;

function networkOf(
  options: FnOptions,
  { environment, signal }: Surroundings,
): Outcome<FunctionsNetwork> {
  const origin = parseOrigin(options.orchestrator ?? knownOrchestrators(environment)[0]);
  return origin.ok ? succeed(openNetwork(origin.value, { signal })) : origin;
}

function keyOf({ key }: FnOptions, { environment }: Surroundings): Promise<Outcome<SigningKey>> {
  const home = environment['MANYHANDS_HOME'] ?? join(homedir(), '.manyhands');
  return openKeyFile(key ?? join(home, 'function-key.pem'));
}

/** Data that somebody typed, or that a file has. */
async function dataOf(typed: string): Promise<Outcome<CanonicalValue>> {
  const text = typed.startsWith('@') ? await readText(typed.slice(1)) : succeed(typed);
  if (!text.ok) return text;
  try {
    const data = dataFromJson(JSON.parse(text.value));
    if (data !== undefined) return succeed(data);
  } catch {
    return fail(failure('input_malformed', `this is no JSON: ${text.value.slice(0, 200)}`));
  }
  return fail(failure('input_invalid', 'there are no fractions here: count in the smallest unit.'));
}

function placeJson({ index, promise }: Written) {
  return { index, entry: promise.entry, promisedByMs: promise.byMs };
}

function placeWords({ index }: Written): string {
  return `Entry ${index} of the log, promised with the log's signature.`;
}

function outcomeJson(outcome: EntryOutcome) {
  return outcome.kind === 'done' ? { ...outcome, value: dataToJson(outcome.value) } : outcome;
}

function outcomeWords(outcome: EntryOutcome): string {
  if (outcome.kind === 'done') return JSON.stringify(dataToJson(outcome.value));
  return outcome.kind === 'other' ? 'no action' : `${outcome.kind}: ${outcome.detail}`;
}
