import type { Command } from 'commander';
import { addAgent } from './agent-command.ts';
import { addArchive } from './archive-command.ts';
import { addCanary } from './canary-command.ts';
import { quietCommand, type Surroundings } from './command.ts';
import { addDataCommands } from './data-commands.ts';
import { addEvidenceCommands } from './evidence-commands.ts';
import { EXIT_CODES_HELP } from './exit-code.ts';
import { addFn } from './fn-command.ts';
import { addJobCommands } from './job-commands.ts';
import { addSubmit } from './job-submit.ts';
import { addKernels } from './kernels-command.ts';
import { softwareVersion } from './software-version.ts';
import { addQuarantine } from './quarantine-command.ts';
import { addReceipts } from './receipts-command.ts';
import { addSimulate } from './simulate-command.ts';
import { addStart } from './start-command.ts';
import { addTrust } from './trust-command.ts';
import { addVerify } from './verify-command.ts';

const HELP = `
Environment:
  MANYHANDS_ORCHESTRATOR  address of the orchestrator, instead of --orchestrator; several, with
                          commas between: an agent uses all of them, other commands the first
  MANYHANDS_API_KEY       producer's key, instead of --api-key
  MANYHANDS_OPERATOR_KEY  operator's key, instead of --operator-key
  MANYHANDS_HOME          folder that this user's commands share (default ~/.manyhands)
  MANYHANDS_DEBUG=1       show where an unexpected error came from

${EXIT_CODES_HELP}`;

/** The whole command line, for these arguments. Usage errors are thrown as CommanderError. */
export async function buildProgram(
  surroundings: Surroundings,
  args: readonly string[],
): Promise<Command> {
  const program = quietCommand('manyhands', surroundings.terminal)
    .description('Many hands make light work: run, join and use a network of volunteers.')
    .version(softwareVersion())
    .showHelpAfterError('Try it with --help.')
    .addHelpText('afterAll', HELP);
  await addStart(program, { surroundings, isUsed: args.includes('start') });
  addAgent(program, surroundings);
  addCanary(program, surroundings);
  const job = program.command('job').description('submit jobs and follow them');
  addSubmit(job, surroundings);
  addJobCommands(job, surroundings);
  const data = program.command('data').description('store and fetch content-addressed data');
  addDataCommands(data, surroundings);
  const evidence = program
    .command('evidence')
    .description('see why results were rejected, and check them again');
  addEvidenceCommands(evidence, surroundings);
  addTrust(program, surroundings);
  addQuarantine(program, surroundings);
  addKernels(program, surroundings);
  addSimulate(program, surroundings);
  await addFn(program, { surroundings, isUsed: args.includes('fn') });
  addVerify(program, surroundings);
  addArchive(program, surroundings);
  addReceipts(program, surroundings);
  return program;
}
