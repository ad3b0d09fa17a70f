import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { succeed, type Outcome } from '../domain/outcome.ts';
import type { OrchestratorConfig, RunningOrchestrator } from '../orchestrator/index.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

/** Adds `start`. Its options are made from the orchestrator's settings, loaded if it is used. */
export async function addStart(
  program: Command,
  { surroundings, isUsed }: { surroundings: Surroundings; isUsed: boolean },
): Promise<void> {
  const start = program.command('start').description('run an orchestrator with its page');
  if (!isUsed) return;
  const { configFlags } = await import('../orchestrator/index.ts');
  for (const { syntax, help } of configFlags()) start.option(syntax, help);
  start
    .option('--config <file>', 'JSON file of settings, as --print-config prints (MANYHANDS_CONFIG)')
    .option('--print-config', 'print the configuration and end')
    .addHelpText('after', '\nCtrl-C stops gracefully and exits with 0; a second one at once.')
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const isGiven = (name: string): boolean => start.getOptionValueSource(name) === 'cli';
      const given = Object.entries(options).filter(([name]) => isGiven(name));
      const outcome = await run(Object.fromEntries(given), surroundings);
      surroundings.conclude(outcome, { isJson: false });
    });
}

async function run(
  given: Readonly<Record<string, unknown>>,
  { terminal, environment, signal }: Surroundings,
): Promise<Outcome<ExitCode>> {
  const { dataFolder, printConfig, resolveConfig, startOrchestrator } =
    await import('../orchestrator/index.ts');
  const { config: file = environment['MANYHANDS_CONFIG'], printConfig: isPrint, ...flags } = given;
  const source = typeof file === 'string' ? file : null;
  const config = resolveConfig({ flags, environment, file: source });
  if (!config.ok) return config;
  if (isPrint === true) {
    terminal.result(printConfig(config.value));
    return succeed(EXIT.ok);
  }
  const isFirstRun = !existsSync(join(dataFolder(config.value), 'api-key'));
  const started = await startOrchestrator(config.value);
  if (!started.ok) return started;
  const orchestrator = started.value;
  terminal.result(greeting(orchestrator, { config: config.value, isFirstRun }));
  if (!existsSync(join(config.value.web, 'index.html'))) {
    terminal.note(`The page is not built: ${config.value.web} is empty. "npm start" builds it.`);
  }
  await aborted(signal);
  terminal.note('Stopping: what is under way is finished. Ctrl-C again ends at once.');
  await orchestrator.close();
  return succeed(EXIT.ok);
}

function greeting(
  { url, apiKey, dataFolder }: RunningOrchestrator,
  of: { readonly config: OrchestratorConfig; readonly isFirstRun: boolean },
): string {
  const elsewhere = otherAddress(url, of.config.host);
  const kept = join(dataFolder, 'api-key');
  return [
    of.config.sandbox ? 'Manyhands is running, as a sandbox.' : 'Manyhands is running.',
    ...(of.config.sandbox
      ? ['Agents may lie to it on purpose: no place for work that counts.']
      : []),
    '',
    `  Page          ${url}`,
    ...(elsewhere === null ? [] : [`  Other devices ${elsewhere}`]),
    `  Native agent  npx manyhands agent --orchestrator ${elsewhere ?? url}`,
    `  API key       ${apiKey}`,
    `                ${of.isFirstRun ? 'made now, and kept' : 'kept'} in ${kept}`,
    ...(of.config.sandbox
      ? [`  Liars         npx manyhands agent --lie one-element --orchestrator ${elsewhere ?? url}`]
      : []),
    '',
    'Stop with Ctrl-C.',
  ].join('\n');
}

/** Where other machines find an orchestrator that listens on all addresses. */
function otherAddress(url: string, host: string): string | null {
  if (host !== '0.0.0.0' && host !== '::') return null;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (outside === undefined) return null;
  const other = new URL(url);
  other.hostname = outside.address;
  return other.origin;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
