import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { AgentId } from '../domain/ids.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { defaultKeyFile, openKeyFile } from '../agent/native/index.ts';
import { functionTagOf, httpTiles, recordFunctions } from '../execution-machine/index.ts';
import { agentIdOf, publicKeyOf } from '../integrity/index.ts';
import {
  creditedTaskId,
  decodeCredits,
  parsePolicy,
  parseVerifierKey,
  verifyReceipt,
  type CreditedTask,
  type Policy,
  type ProvenEntry,
} from '../ledger/index.ts';
import type { CreditEntry } from '../wire/index.ts';
import { allPages } from './all-pages.ts';
import { agentArgument, connect, withOrchestrator, type Surroundings } from './command.ts';
import type { Connection } from './connection.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { openOutputFile } from './output-file.ts';

type ReceiptsOptions = {
  readonly orchestrator?: string;
  readonly key?: string;
  readonly agent?: string;
  readonly policy?: string;
  readonly out?: string;
  readonly json?: true;
};

const HELP = `
A receipt proves, to anybody and offline, that tasks were credited to a key: the entry, its place in
the log, and a checkpoint that the log and its witnesses signed. Each one is verified here, against
your policy, or the one that the orchestrator tells.

  npx manyhands receipts
  npx manyhands receipts --out ./receipts
  npx manyhands receipts --agent KEY --orchestrator https://many.example --json

It ends with 6 where a receipt does not prove what the orchestrator says.`;

/** Adds `receipts`. */
export function addReceipts(program: Command, surroundings: Surroundings): void {
  withOrchestrator(program.command('receipts').description('fetch and verify receipts of a key'))
    .option('--key <file>', "file of the agent's key (default ~/.manyhands/agent-key.pem)")
    .option('--agent <key>', 'the public key alone, of whomever')
    .option('--policy <file>', 'whose log it must be and who must have seen it (C2SP tlog-policy)')
    .option('--out <folder>', 'keep them there, each as entry-<index>.receipt')
    .option('--json', 'write JSON to stdout, one object a receipt')
    .addHelpText('after', HELP)
    .action(async (options: ReceiptsOptions) => {
      const outcome = await receipts(options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}

/** What a receipt was found to prove. */
type Proven = {
  readonly index: number;
  readonly tasks: readonly CreditedTask[];
  readonly kind: 'credits' | 'debits';
  readonly bytes: Uint8Array;
  readonly proven: ProvenEntry;
};

async function receipts(
  options: ReceiptsOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const agent = await agentOf(options);
  if (!agent.ok) return agent;
  const connection = await connect(options, surroundings);
  if (!connection.ok) return connection;
  const { record, call } = connection.value;
  const publicKey = publicKeyOf(agent.value);
  if (!publicKey.ok) return publicKey;
  const told = await call((how) => record.getRecord({}, how));
  if (!told.ok) return told;
  const policy = await policyOf(options, told.value.policy);
  if (!policy.ok) return policy;
  const log = parseVerifierKey(told.value.verifierKey);
  if (!log.ok) return log;
  const owner = agentIdOf(log.value.publicKey);
  if (!owner.ok) return owner;
  const entries = await allPages({
    ask: (page) => call((how) => record.listCredits({ ...page, publicKey: publicKey.value }, how)),
    itemsIn: (page) => page.entries,
  });
  if (!entries.ok) return entries;
  if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  const tiles = httpTiles(`${connection.value.origin}/record/`, surroundings.signal);
  const functions = await recordFunctions({ tiles, policy: policy.value });
  if (!functions.ok) {
    return isDoubt(functions.failure.code) ? differs(functions, surroundings) : functions;
  }
  const { id: creditsFunction } = functions.value.credits;
  const of = { agent: agent.value, owner: owner.value, policy: policy.value, creditsFunction };
  let [taskCount, units] = [0, 0];
  for (const entry of entries.value) {
    const proven = await fetchReceipt(entry, { ...of, connection: connection.value });
    if (!proven.ok) return isDoubt(proven.failure.code) ? differs(proven, surroundings) : proven;
    const kept = await keep(proven.value, options.out);
    if (!kept.ok) return kept;
    tell(proven.value, { options, surroundings });
    const sign = proven.value.kind === 'credits' ? 1 : -1;
    taskCount += sign * proven.value.tasks.length;
    for (const task of proven.value.tasks) units += sign * task.units;
  }
  if (options.json !== true) {
    const { terminal } = surroundings;
    const count = entries.value.length;
    terminal.note(
      `${count} receipts verified: ${taskCount} tasks, ${units} units before their prices.`,
    );
  }
  return succeed(EXIT.ok);
}

/** Whom to believe: as the user's own file says, or else as the orchestrator does. */
async function policyOf({ policy: file }: ReceiptsOptions, told: string): Promise<Outcome<Policy>> {
  if (file === undefined) return parsePolicy(new TextEncoder().encode(told));
  try {
    return parsePolicy(new Uint8Array(await readFile(file)));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return fail(failure('config_invalid', `cannot read ${file}: ${text}. Check --policy.`));
  }
}

async function agentOf({ agent, key }: ReceiptsOptions): Promise<Outcome<AgentId>> {
  if (agent !== undefined && key !== undefined) {
    return fail(failure('config_invalid', 'give --agent or --key, not both.'));
  }
  if (agent !== undefined) return agentArgument(agent);
  const path = key ?? defaultKeyFile();
  // To ask is no reason to make a key.
  const found = await stat(path).catch(() => null);
  if (found === null) {
    const text = `there is no key in ${path}`;
    return fail(failure('config_invalid', `${text}. Name its file with --key, or --agent.`));
  }
  const held = await openKeyFile(path);
  return held.ok ? succeed(held.value.agent) : held;
}

/** The receipt of an entry that credits a key, verified; what it proves is the key's own part. */
async function fetchReceipt(
  { index }: CreditEntry,
  of: {
    readonly connection: Connection;
    readonly policy: Policy;
    readonly agent: AgentId;
    readonly owner: AgentId;
    /** Id of the function that has them. */
    readonly creditsFunction: string;
  },
): Promise<Outcome<Proven>> {
  const { record, call } = of.connection;
  const answered = await call((how) => record.getReceipt({ index }, how));
  if (!answered.ok) return answered;
  const bytes = answered.value.receipt;
  const proven = await verifyReceipt(of.policy, bytes);
  if (!proven.ok) return proven;
  const { entry } = proven.value;
  const isCredits = functionTagOf(entry) === of.creditsFunction;
  if (proven.value.index !== Number(index) || entry.owner !== of.owner || !isCredits) {
    return doubt(index, 'is of another entry');
  }
  for (const kind of ['credits', 'debits'] as const) {
    const decoded = decodeCredits(entry.body, kind);
    if (!decoded.ok) continue;
    const tasks = decoded.value.filter((task) => task.agent === of.agent);
    if (tasks.length === 0) return doubt(index, 'does not credit this key');
    return succeed({ index: Number(index), tasks, kind, bytes, proven: proven.value });
  }
  return doubt(index, 'credits nobody');
}

function doubt(index: bigint, why: string): Outcome<never> {
  const text = `the receipt of entry ${index} ${why}`;
  return fail(failure('proof_invalid', `${text}. Do not trust this orchestrator's record.`));
}

function isDoubt(code: string): boolean {
  return (
    code === 'proof_invalid' || code === 'signature_invalid' || code === 'checkpoint_untrusted'
  );
}

function differs(
  { failure: { message } }: { readonly failure: { readonly message: string } },
  { terminal }: Surroundings,
): Outcome<ExitCode> {
  terminal.note(message);
  return succeed(EXIT.evidenceDiffers);
}

async function keep({ index, bytes }: Proven, folder: string | undefined): Promise<Outcome<void>> {
  if (folder === undefined) return succeed(undefined);
  const file = await openOutputFile(join(folder, `entry-${index}.receipt`));
  if (!file.ok) return file;
  const written = await file.value.write(bytes);
  if (written.ok) return file.value.commit();
  await file.value.discard();
  return written;
}

function tell(
  { index, tasks, kind, proven }: Proven,
  of: { readonly options: ReceiptsOptions; readonly surroundings: Surroundings },
): void {
  const { terminal } = of.surroundings;
  const { checkpoint, cosigners } = proven.trusted;
  const units = tasks.reduce((sum, task) => sum + task.units, 0);
  if (of.options.json === true) {
    const told = {
      ...{ index, entry: proven.id, kind, units, size: checkpoint.size },
      cosigners: [...cosigners.keys()],
      tasks: tasks.map((task) => ({
        task: creditedTaskId(task),
        units: task.units,
        work: task.work,
      })),
    };
    terminal.result(JSON.stringify(told));
    return;
  }
  const seen = cosigners.size === 0 ? 'no witness' : `${cosigners.size} witnesses`;
  const what = kind === 'credits' ? 'credits' : 'takes back';
  terminal.note(`Entry ${index} ${what} ${tasks.length} tasks, ${units} units; ${seen}.`);
}
