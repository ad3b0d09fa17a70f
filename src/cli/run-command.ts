import { CommanderError } from 'commander';
import type { Outcome } from '../domain/outcome.ts';
import { buildProgram } from './build-program.ts';
import type { Surroundings } from './command.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line to its end and gives its exit code. Nothing here touches the process. */
export async function runCommand(
  args: readonly string[],
  given: Omit<Surroundings, 'conclude'>,
): Promise<ExitCode> {
  const { terminal, environment } = given;
  let exitCode: ExitCode = EXIT.ok;
  const conclude: Surroundings['conclude'] = (outcome, { isJson }) => {
    exitCode = concluded(outcome, { terminal, isJson });
  };
  try {
    const program = await buildProgram({ ...given, conclude }, args);
    await program.parseAsync(withKeysLast(args), { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    terminal.clearStatus();
    terminal.note(bugReport(thrown, { isDebugging: environment['MANYHANDS_DEBUG'] === '1' }));
    return EXIT.failure;
  }
}

/** An agent's key may begin with "-", as one in 64 does, and is no option for that. */
function withKeysLast(args: readonly string[]): string[] {
  const isKey = (text: string): boolean => /^-[\w-]{42}$/.test(text);
  if (!args.some(isKey)) return [...args];
  return [...args.filter((text) => !isKey(text)), '--', ...args.filter(isKey)];
}

function concluded(
  outcome: Outcome<ExitCode>,
  { terminal, isJson }: { terminal: Terminal; isJson: boolean },
): ExitCode {
  terminal.clearStatus();
  if (outcome.ok) return outcome.value;
  const { failure } = outcome;
  if (isJson) terminal.result(JSON.stringify({ failure }));
  // The message may quote what others wrote.
  terminal.note(`error: ${printable(failure.message)}`);
  return exitCodeOf(failure);
}

/** What was not expected is a bug: say so, with its place where that was asked for. */
function bugReport(thrown: unknown, { isDebugging }: { isDebugging: boolean }): string {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (isDebugging) return error.stack ?? error.message;
  return `error: ${error.message}. This is a bug; MANYHANDS_DEBUG=1 shows where.`;
}
