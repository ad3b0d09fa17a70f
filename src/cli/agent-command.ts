import { availableParallelism, totalmem } from 'node:os';
import type { Command } from 'commander';
import { failure } from '../domain/failure.ts';
import { LANES_MAX, ORCHESTRATOR_AWAY_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { LIES } from '../agent/lies/lies.ts';
import type { Liar } from '../agent/lies/liar.ts';
import type { AgentSnapshot, BackendChoice } from '../agent/native/index.ts';
import { agentLine, moveLine, selfTestLine } from './agent-words.ts';
import { calmly } from './calmly.ts';
import { knownOrchestrators, withOrchestrators, type Surroundings } from './command.ts';
import { parseOrigin } from './connection.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { formatBytes, parseHumanBytes } from './human-bytes.ts';
import { followLies, lieEndWords } from './lie-course.ts';
import {
  liarFor,
  lieListing,
  parseLie,
  withLieRate,
  type LieOptions,
  type LiePlan,
} from './lie-options.ts';
import { keepReceipts, receiptsFolderOf } from './receipt-keeper.ts';
import type { Terminal } from './terminal.ts';

const BACKENDS = ['auto', 'wasm', 'webgpu'] as const satisfies readonly BackendChoice[];
/** Below this no model runs. Bytes. */
const MEMORY_BYTES_MIN = 64 << 20;
/** How often what an agent does is told: to a person, and to a log. Milliseconds. */
const TELL_PERSON_MS = 200;
const TELL_LOG_MS = 5000;
/** How often an agent that did something looks for new receipts. Milliseconds. */
const RECEIPTS_EVERY_MS = 10_000;

type AgentOptions = {
  readonly orchestrator?: readonly string[];
  readonly key?: string;
  readonly threads: string;
  readonly memory: string;
  readonly backend: string;
  readonly json?: true;
} & LieOptions;

const HELP = `
An agent's key is its identity: what was accepted counts for it. Two agents on one machine need
two keys. Ctrl-C hands unfinished tasks back and exits with 0; a second one ends at once.

The key p (or the signal SIGUSR2) pauses and resumes: computing ends at that moment, unfinished
tasks go back to the queue, and nothing is finished behind your back.

With several orchestrators it joins the first that answers. Where that one shuts down, or gives no
answer for ${ORCHESTRATOR_AWAY_MS / 1000} seconds, it joins the next that does, and so on, round and round. Tasks of the
former one are dropped, and computed again by whoever leases them next.

Receipts of its accepted work are verified and kept beside its key as it goes, in
~/.manyhands/agent-key-receipts: each proves offline, to anybody, what was credited.

To attack a sandbox (manyhands start --sandbox; others refuse it), --lie computes rightly and then
reports one of:

${lieListing()}`;

/** Adds `agent`. */
export function addAgent(program: Command, surroundings: Surroundings): void {
  const agent = program.command('agent').description('compute tasks of a network in this process');
  withOrchestrators(agent)
    .option(
      '--key <file>',
      'file of its key, made if missing (default ~/.manyhands/agent-key.pem; a liar has a new one)',
    )
    .option('--threads <count>', 'tasks computed at once', String(defaultThreads()))
    .option('--memory <bytes>', 'memory lent, such as 2GiB', formatBytes(defaultMemoryBytes()))
    .option('--backend <name>', `${BACKENDS.join(', ')}`, 'auto')
    .option('--lie <kind>', 'lie on purpose to a sandbox; the kinds are below');
  withLieRate(agent)
    .option('--json', 'write JSON to stdout, one object a line, at each change')
    .addHelpText('after', HELP)
    .action(async (options: AgentOptions) => {
      const outcome = await run(options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}

async function run(
  options: AgentOptions,
  { terminal, environment, signal, pauseSwitch }: Surroundings,
): Promise<Outcome<ExitCode>> {
  const origins = parseOrigins(options.orchestrator ?? knownOrchestrators(environment));
  if (!origins.ok) return origins;
  const lent = parseLent(options);
  if (!lent.ok) return lent;
  const lie = parseLie(options);
  if (!lie.ok) return lie;
  const lying =
    lie.value === null ? null : { ...followLies(), ...lie.value, liar: liarFor(lie.value) };
  const { defaultKeyFile, runNativeAgent } = await import('../agent/native/index.ts');
  const isJson = options.json === true;
  if (!isJson) {
    const { threads, memoryBytes } = lent.value;
    const lends = `${threads} thread${threads === 1 ? '' : 's'}, ${formatBytes(memoryBytes)}`;
    const how = terminal.isInteractive ? 'Pause with p, stop with Ctrl-C.' : 'Stop with Ctrl-C.';
    terminal.note(`Lending ${lends} to ${origins.value.join(' or ')}. ${how}`);
  }
  if (lying !== null) terminal.note(lieWords(lying));
  const told = calmly(
    terminal.isInteractive ? TELL_PERSON_MS : TELL_LOG_MS,
    teller(terminal, { isJson, lying }),
  );
  // What comes of lies is not to stick to the key of an honest agent.
  const keyFile = options.key ?? (lying === null ? defaultKeyFile() : null);
  const receiptsFolder = keyFile === null ? null : receiptsFolderOf(keyFile);
  const note = (line: string): void => terminal.note(line);
  const keeper =
    receiptsFolder === null
      ? null
      : keepReceipts({ folder: receiptsFolder, everyMs: RECEIPTS_EVERY_MS, note });
  const outcome = await runNativeAgent({
    ...lent.value,
    orchestratorUrls: origins.value,
    keyFile,
    signal,
    pauseSwitch,
    ...(lying !== null && { liar: { ...lying.liar, proveCanary: null } }),
    onSnapshot: (snapshot) => {
      lying?.note(snapshot, Date.now());
      keeper?.follow(snapshot);
      told.tell(snapshot);
    },
  });
  await keeper?.end();
  told.end();
  terminal.clearStatus();
  if (!outcome.ok) return outcome;
  if (!isJson) terminal.note('Stopped; unfinished tasks went back to the queue.');
  const keptCount = keeper?.keptCount() ?? 0;
  if (!isJson && keptCount > 0) {
    terminal.note(`${keptCount} receipts verified and kept in ${receiptsFolder}.`);
  }
  if (lying !== null) terminal.note(lieEndWords(lying.course(), lying.liar.lieCount()));
  return succeed(EXIT.ok);
}

function parseOrigins(texts: readonly string[]): Outcome<readonly string[]> {
  const origins: string[] = [];
  for (const text of texts) {
    const origin = parseOrigin(text);
    if (!origin.ok) return origin;
    origins.push(origin.value);
  }
  return succeed(origins);
}

type Lent = {
  readonly threads: number;
  readonly memoryBytes: number;
  readonly backend: BackendChoice;
};

/** What the options lend. Errors: config_invalid. */
function parseLent(options: AgentOptions): Outcome<Lent> {
  const refuse = (text: string): Outcome<never> => fail(failure('config_invalid', text));
  const threads = /^\d{1,4}$/.test(options.threads) ? Number(options.threads) : 0;
  if (threads < 1 || threads > LANES_MAX) {
    return refuse(`--threads ${options.threads} is not a whole number from 1 to ${LANES_MAX}.`);
  }
  const memoryBytes = parseHumanBytes(options.memory);
  if (memoryBytes === null || memoryBytes < MEMORY_BYTES_MIN) {
    const least = formatBytes(MEMORY_BYTES_MIN);
    return refuse(`--memory ${options.memory} is not an amount such as 2GiB, at least ${least}.`);
  }
  if (memoryBytes > totalmem()) {
    const most = formatBytes(totalmem());
    return refuse(`--memory ${options.memory} is more than this machine has, ${most}. Lend less.`);
  }
  const backend = BACKENDS.find((name) => name === options.backend);
  if (backend === undefined) {
    return refuse(`--backend ${options.backend} is none of: ${BACKENDS.join(', ')}.`);
  }
  return succeed({ threads, memoryBytes, backend });
}

type Lying = LiePlan & ReturnType<typeof followLies> & { readonly liar: Liar };

function lieWords({ kind, rate }: Lying): string {
  const share = rate === 1 ? 'every result' : `${rate} of its results`;
  return `This agent lies on purpose, in ${share}: ${kind}. ${LIES[kind].sentence}`;
}

function teller(
  terminal: Terminal,
  { isJson, lying }: { readonly isJson: boolean; readonly lying: Lying | null },
): (snapshot: AgentSnapshot) => void {
  let former = '';
  let formerMove = '';
  let formerTest = '';
  return (snapshot) => {
    const nowMs = Date.now();
    if (isJson) {
      const { agent, phase, idle, nextTryAtMs, tasks, standing, counters, lastFailure } = snapshot;
      const { orchestrator, moved, selfTest } = snapshot;
      const primitives = snapshot.capability?.primitives ?? null;
      const doing = { agent, phase, idle, nextTryAtMs, tasks, standing, counters };
      const json = { ...doing, primitives, lastFailure, orchestrator, moved, selfTest };
      const lie = lying && { kind: lying.kind, told: lying.liar.lieCount(), ...lying.course() };
      terminal.result(JSON.stringify(lie === null ? json : { ...json, lie }));
      return;
    }
    // Each differs from the one before: it begins where that one ended.
    const move = snapshot.moved === null ? '' : moveLine(snapshot.moved);
    if (move !== formerMove) terminal.note(move);
    formerMove = move;
    const test = snapshot.selfTest === null ? '' : selfTestLine(snapshot.selfTest, snapshot);
    if (test !== formerTest) terminal.note(test);
    formerTest = test;
    if (terminal.isInteractive) {
      terminal.status(agentLine(snapshot, { nowMs, width: terminal.width }));
    } else {
      const line = agentLine({ ...snapshot, nextTryAtMs: null }, { nowMs, width: 200 });
      if (line !== former) terminal.note(line);
      former = line;
    }
  };
}

/** All processors but one, so that the machine stays its owner's. */
function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Half of the machine, and at most 4 GiB. */
function defaultMemoryBytes(): number {
  return Math.min(Math.floor(totalmem() / 2), 4 * 1024 ** 3);
}
