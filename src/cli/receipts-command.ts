import { mkdir, readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { AgentId } from '../domain/ids.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { defaultKeyFile, openKeyFile } from '../agent/native/index.ts';
import { publicKeyOf } from '../integrity/index.ts';
import { creditedTaskId, parsePolicy, type Policy } from '../ledger/index.ts';
import { allPages } from './all-pages.ts';
import { agentArgument, connect, withOrchestrator, type Surroundings } from './command.ts';
import { creditReceipts, isDoubtful, type CreditReceipt } from './credit-receipts.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { keepReceiptFile } from './receipt-file.ts';

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
  const policy = await policyOf(options);
  if (!policy.ok) return policy;
  const known = await creditReceipts(connection.value, {
    agent: agent.value,
    policy: policy.value,
  });
  if (!known.ok) return isDoubtful(known.failure.code) ? differs(known, surroundings) : known;
  const entries = await allPages({
    ask: (page) => call((how) => record.listCredits({ ...page, publicKey: publicKey.value }, how)),
    itemsIn: (page) => page.entries,
  });
  if (!entries.ok) return entries;
  if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  let [taskCount, units] = [0, 0];
  for (const entry of entries.value) {
    const proven = await known.value.fetch(Number(entry.index));
    if (!proven.ok) return isDoubtful(proven.failure.code) ? differs(proven, surroundings) : proven;
    const kept =
      options.out === undefined
        ? succeed(undefined)
        : await keepReceiptFile(options.out, proven.value);
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

/** Whom to believe, as the user's own file says; null: as the orchestrator does. */
async function policyOf({ policy: file }: ReceiptsOptions): Promise<Outcome<Policy | null>> {
  if (file === undefined) return succeed(null);
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

function differs(
  { failure: { message } }: { readonly failure: { readonly message: string } },
  { terminal }: Surroundings,
): Outcome<ExitCode> {
  terminal.note(message);
  return succeed(EXIT.evidenceDiffers);
}

function tell(
  { index, tasks, kind, proven }: CreditReceipt,
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
