import type { Command } from 'commander';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { agentIdOf } from '../integrity/index.ts';
import { allPages } from './all-pages.ts';
import {
  connectAsOperator,
  withOperatorOptions,
  type OperatorOptions,
  type Surroundings,
} from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { parseInstant } from './instant.ts';
import { printable } from './printable.ts';
import { keyBytes } from './trust-command.ts';

const HELP = `
A key whose result a check rejected gets no tasks for a time. "release" lets one go, on appeal;
"amnesty" undoes all quarantines since an instant, for an incident of the orchestrator's own.`;

type ReleaseOptions = OperatorOptions & { readonly reason: string };
type AmnestyOptions = OperatorOptions & { readonly since: string; readonly reason: string };

/** Adds `quarantine list`, `quarantine release` and `quarantine amnesty`. */
export function addQuarantine(program: Command, surroundings: Surroundings): void {
  const quarantine = program
    .command('quarantine')
    .description('see and release the keys that get no tasks')
    .addHelpText('after', HELP);
  withOperatorOptions(
    quarantine.command('list').description('list the keys, soonest free first'),
  ).action(async (options: OperatorOptions) => {
    const outcome = await listQuarantines(options, surroundings);
    surroundings.conclude(outcome, { isJson: options.json === true });
  });
  withOperatorOptions(quarantine.command('release').description('let a key go'))
    .argument('<key>', 'the key, as "npx manyhands quarantine list" shows it')
    .option('--reason <text>', "why, for the orchestrator's log", '')
    .action(async (key: string, options: ReleaseOptions) => {
      const outcome = await releaseKey(key, options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
  withOperatorOptions(quarantine.command('amnesty').description('undo all since an instant'))
    .requiredOption('--since <time>', 'those that began then or later: 2027-01-31T12:00 (UTC), 2h')
    .requiredOption('--reason <text>', "why, for the orchestrator's log")
    .action(async (options: AmnestyOptions) => {
      const outcome = await grantAmnesty(options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}

async function listQuarantines(
  options: OperatorOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const connection = await connectAsOperator(options, surroundings);
  if (!connection.ok) return connection;
  const { operators, call } = connection.value;
  const quarantines = await allPages({
    ask: (request) => call((how) => operators.listQuarantines(request, how)),
    itemsIn: (page) => page.quarantines,
  });
  if (!quarantines.ok) return quarantines;
  const { terminal } = surroundings;
  if (quarantines.value.length === 0 && options.json !== true) {
    terminal.note('No key is quarantined.');
  }
  for (const quarantine of quarantines.value) {
    const agent = agentIdOf(quarantine.publicKey);
    if (!agent.ok) return agent;
    const { reason, present } = quarantine;
    const [accepted, rejected] = [Number(quarantine.accepted), Number(quarantine.rejected)];
    const until = new Date(Number(quarantine.untilMs)).toISOString();
    const json = { key: agent.value, until, reason, accepted, rejected, present };
    const counts = `${accepted} accepted, ${rejected} rejected`;
    const words = `${agent.value}  until ${until}  ${counts}${present ? ', here' : ''}`;
    const line = `${words}: ${printable(reason)}`;
    terminal.result(options.json === true ? JSON.stringify(json) : line);
  }
  return succeed(EXIT.ok);
}

async function releaseKey(
  key: string,
  options: ReleaseOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const publicKey = keyBytes(key);
  if (!publicKey.ok) return publicKey;
  const connection = await connectAsOperator(options, surroundings);
  if (!connection.ok) return connection;
  const { operators, call } = connection.value;
  const request = { publicKey: publicKey.value, reason: options.reason };
  const answered = await call((how) => operators.releaseKey(request, how));
  if (!answered.ok) return answered;
  const { terminal } = surroundings;
  if (options.json === true) terminal.result(JSON.stringify({ key, released: true }));
  else terminal.note(`${key} gets tasks again. What was rejected stays on its record.`);
  return succeed(EXIT.ok);
}

async function grantAmnesty(
  options: AmnestyOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const nowMs = Date.now();
  const since = parseInstant(options.since, { option: '--since', nowMs, from: 'before' });
  if (!since.ok) return since;
  const connection = await connectAsOperator(options, surroundings);
  if (!connection.ok) return connection;
  const { operators, call } = connection.value;
  const request = { sinceMs: BigInt(since.value), reason: options.reason };
  const answered = await call((how) => operators.grantAmnesty(request, how));
  if (!answered.ok) return answered;
  const { released } = answered.value;
  const { terminal } = surroundings;
  const sinceTime = new Date(since.value).toISOString();
  if (options.json === true) terminal.result(JSON.stringify({ since: sinceTime, released }));
  else terminal.note(`${released} quarantine${released === 1 ? '' : 's'} undone.`);
  return succeed(EXIT.ok);
}
