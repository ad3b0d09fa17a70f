import { fromBinary } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { agentIdOf, encodeBase64url, publicKeyOf } from '../integrity/index.ts';
import {
  TrustDescriptorSchema,
  TrustState,
  type RegisteredKey,
  type TrustDescriptor,
} from '../wire/index.ts';
import { allPages } from './all-pages.ts';
import {
  agentArgument,
  connectAsOperator,
  withOperatorOptions,
  type OperatorOptions,
  type Surroundings,
} from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { parseInstant } from './instant.ts';
import { printable } from './printable.ts';

const HELP = `
A trusted key is one that the operator vouches for: a machine of its own, a lab that it knows. Its
results are still checked, by samples. An orchestrator signs what its operator registers, and trusts
no other's word.`;

type AddOptions = OperatorOptions & {
  readonly name: string;
  readonly from?: string;
  readonly until?: string;
};

/** Adds `trust add`, `trust revoke` and `trust list`. */
export function addTrust(program: Command, surroundings: Surroundings): void {
  const trust = program
    .command('trust')
    .description("say whose agents an orchestrator's operator trusts")
    .addHelpText('after', HELP);
  withOperatorOptions(trust.command('add').description('trust a key'))
    .argument('<key>', 'the agent\'s key, as "npx manyhands agent --json" shows it')
    .requiredOption('--name <name>', 'whose it is, for people')
    .option('--from <time>', 'from when on: 2027-01-31, 2027-01-31T12:00 (UTC), 2h (default now)')
    .option('--until <time>', 'until when: 2027-01-31, 30d, at most five years (default a year)')
    .action(async (key: string, options: AddOptions) => {
      const outcome = await addKey(key, options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
  withOperatorOptions(trust.command('revoke').description('trust a key no longer, from now on'))
    .argument('<key>', 'the key')
    .action(async (key: string, options: OperatorOptions) => {
      const outcome = await revokeKey(key, options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
  withOperatorOptions(
    trust.command('list').description('list the keys that are registered'),
  ).action(async (options: OperatorOptions) => {
    const outcome = await listKeys(options, surroundings);
    surroundings.conclude(outcome, { isJson: options.json === true });
  });
}

async function addKey(
  key: string,
  options: AddOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const publicKey = keyBytes(key);
  if (!publicKey.ok) return publicKey;
  const nowMs = Date.now();
  const time = (text: string | undefined, option: string): Outcome<number> =>
    text === undefined ? succeed(0) : parseInstant(text, { option, nowMs, from: 'after' });
  const notBeforeMs = time(options.from, '--from');
  if (!notBeforeMs.ok) return notBeforeMs;
  const expiresMs = time(options.until, '--until');
  if (!expiresMs.ok) return expiresMs;
  const connection = await connectAsOperator(options, surroundings);
  if (!connection.ok) return connection;
  const { operators, call } = connection.value;
  const request = {
    publicKey: publicKey.value,
    name: options.name,
    notBeforeMs: BigInt(notBeforeMs.value),
    expiresMs: BigInt(expiresMs.value),
  };
  const answered = await call((how) => operators.registerKey(request, how));
  if (!answered.ok) return answered;
  const shown = keyShown(answered.value.key);
  if (!shown.ok) return shown;
  const { terminal } = surroundings;
  if (options.json === true) terminal.result(JSON.stringify(shown.value));
  else terminal.note(`${keyLine(shown.value)}.`);
  return succeed(EXIT.ok);
}

async function revokeKey(
  key: string,
  options: OperatorOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const publicKey = keyBytes(key);
  if (!publicKey.ok) return publicKey;
  const connection = await connectAsOperator(options, surroundings);
  if (!connection.ok) return connection;
  const { operators, call } = connection.value;
  const request = { publicKey: publicKey.value };
  const answered = await call((how) => operators.revokeKey(request, how));
  if (!answered.ok) return answered;
  const { terminal } = surroundings;
  if (options.json === true) terminal.result(JSON.stringify({ key, revoked: true }));
  else terminal.note(`${key} is trusted no longer. Its results are checked as those of others.`);
  return succeed(EXIT.ok);
}

async function listKeys(
  options: OperatorOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const connection = await connectAsOperator(options, surroundings);
  if (!connection.ok) return connection;
  const { operators, call } = connection.value;
  const keys = await allPages({
    ask: (request) => call((how) => operators.listKeys(request, how)),
    itemsIn: (page) => page.keys,
  });
  if (!keys.ok) return keys;
  const { terminal } = surroundings;
  if (keys.value.length === 0 && options.json !== true) terminal.note('No key is registered.');
  for (const key of keys.value) {
    const shown = keyShown(key);
    if (!shown.ok) return shown;
    terminal.result(options.json === true ? JSON.stringify(shown.value) : keyLine(shown.value));
  }
  return succeed(EXIT.ok);
}

type ShownKey = {
  readonly key: string;
  readonly name: string;
  readonly state: keyof typeof STATE_WORDS;
  /** ISO 8601. */
  readonly from: string;
  readonly until: string;
  /** For whoever wants to verify it: base64url. */
  readonly descriptor: string;
  readonly signature: string;
};

const STATE_WORDS = {
  trusted: 'is trusted',
  not_yet: 'is not trusted yet',
  expired: 'is trusted no more',
} as const;

function keyLine({ key, name, state, from, until }: ShownKey): string {
  const times = state === 'not_yet' ? `from ${from} until ${until}` : `until ${until}`;
  return `${key}  ${printable(name)} ${STATE_WORDS[state]}, ${times}`;
}

/** A registered key as it is shown. The orchestrator, which says it, may be faulty. */
function keyShown(key: RegisteredKey | undefined): Outcome<ShownKey> {
  const { descriptor, signature } = key?.signed ?? {};
  const said = descriptor === undefined ? null : descriptorFrom(descriptor);
  if (!key || !said || !descriptor || !signature) {
    return fail(failure('input_malformed', 'the orchestrator tells of no key. Update it.'));
  }
  const agent = agentIdOf(said.publicKey);
  if (!agent.ok) return agent;
  return succeed({
    key: agent.value,
    name: said.name,
    state:
      key.state === TrustState.TRUSTED
        ? 'trusted'
        : key.state === TrustState.NOT_YET
          ? 'not_yet'
          : 'expired',
    from: new Date(Number(said.notBeforeMs)).toISOString(),
    until: new Date(Number(said.expiresMs)).toISOString(),
    descriptor: encodeBase64url(descriptor),
    signature: encodeBase64url(signature),
  });
}

function descriptorFrom(bytes: Uint8Array): TrustDescriptor | null {
  try {
    return fromBinary(TrustDescriptorSchema, bytes);
  } catch {
    // Not a descriptor.
    return null;
  }
}

/** The bytes of the key that an argument names. Errors: config_invalid, key_unusable. */
export function keyBytes(text: string): Outcome<Uint8Array> {
  const agent = agentArgument(text);
  return agent.ok ? publicKeyOf(agent.value) : agent;
}
