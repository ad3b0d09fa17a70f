import type { Command } from 'commander';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { connect, withOrchestrator, type Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { crowdTimeLine, reportLine } from './kernels-words.ts';

type TypedOptions = {
  readonly orchestrator?: string;
  readonly key?: string;
  readonly dryRun?: true;
  readonly json?: true;
};

const HELP = `
Takes about half a minute a backend. Told are the version of Node, the system and processor, the GPU,
what came out right and the times, signed by the agent's key: the table shows the kind of device
only, and counts each key once. Exits with 1 where an operator is wrong.`;

/** Adds `kernels crowd-test`. */
export function addCrowdTest(kernels: Command, surroundings: Surroundings): void {
  const command = kernels
    .command('crowd-test')
    .description("test every operator here, and add the result to a network's public table");
  withOrchestrator(command)
    .option('--key <file>', "file of the agent's key (default ~/.manyhands/agent-key.pem)")
    .option('--dry-run', 'tell nobody: only show what would be told')
    .option('--json', 'write JSON to stdout')
    .addHelpText('after', HELP)
    .action(async (typed: TypedOptions) => {
      const isJson = typed.json === true;
      surroundings.conclude(await run(typed, surroundings), { isJson });
    });
}

async function run(
  { key, dryRun, json, ...typed }: TypedOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = surroundings;
  // Before half a minute of work, not after.
  const connection = await connect(typed, surroundings);
  if (!connection.ok) return connection;
  const agent = await import('../agent/native/index.ts');
  const signing = dryRun ? null : await agent.openKeyFile(key ?? agent.defaultKeyFile());
  if (signing !== null && !signing.ok) return signing;
  const tested = await agent.crowdTestOf(agent.nodeLaneDevice(), {
    label: agent.nodeLabel(),
    now: () => Date.now(),
    nowMs: () => performance.now(),
    signal,
    onStep: ({ operator, backend, index, count }) =>
      terminal.status(`${operator} on ${backend} (${index + 1} of ${count}) …`),
  });
  terminal.clearStatus();
  if (!tested.ok) return tested;
  const test = tested.value;
  const isRight = test.conformance.every(({ passed }) => passed);
  if (json) terminal.result(JSON.stringify(test));
  else {
    for (const report of test.conformance) terminal.result(reportLine(report));
    for (const time of test.times) terminal.result(crowdTimeLine(time));
  }
  if (signing !== null) {
    const { network, origin } = connection.value;
    const to = { network, key: signing.value, signal };
    const counted = await agent.publishCrowdTest(test, to);
    if (!counted.ok) return counted;
    const { software, adapter } = counted.value;
    const gpu = adapter === '' ? 'without a GPU' : adapter;
    terminal.note(`Told ${origin}: it counts for ${software}, ${gpu}.`);
  }
  return succeed(isRight ? EXIT.ok : EXIT.failure);
}
