import { readFile } from 'node:fs/promises';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { equalBytes } from '../integrity/index.ts';
import { parsePolicy, parseVerifierKey, type Policy, type VerifierKey } from '../ledger/index.ts';
import type { PinsFolder } from './pins-folder.ts';
import type { RecordSource } from './record-source.ts';
import type { VerifyOptions } from './verify-command.ts';

export type KnownLog = {
  readonly policy: Policy;
  readonly key: VerifierKey;
  readonly pinned: Uint8Array | null;
};

/** Whose log it must be: as the policy, --log or the pin says, or else as the source tells. */
export async function knownLog(
  source: RecordSource,
  { options, pins }: { readonly options: VerifyOptions; readonly pins: PinsFolder },
): Promise<Outcome<KnownLog>> {
  const given = await givenPolicy(options, source.origin);
  if (!given.ok) return given;
  const pinned = await pins.load(source.origin);
  if (!pinned.ok) return pinned;
  const key = given.value?.key ?? pinned.value[0]?.key ?? source.toldKey;
  if (key === null) {
    const text = `nobody says whose key signs "${source.origin.slice(0, 80)}"`;
    return fail(failure('config_invalid', `${text}. Name it with --log.`));
  }
  const isOther = source.toldKey !== null && !equalBytes(source.toldKey.publicKey, key.publicKey);
  if (isOther) {
    const text = `${source.name} names another key for "${source.origin.slice(0, 80)}" than is known`;
    const remedy = 'Ask its operator; if the new one is right, name it with --log';
    return fail(failure('checkpoint_untrusted', `${text}. ${remedy}.`));
  }
  const own = pinned.value.find((pin) => equalBytes(pin.key.publicKey, key.publicKey));
  const policy = given.value?.policy ?? policyOf(key);
  return succeed({ policy, key, pinned: own?.checkpoint ?? null });
}

/** Whom the options name; null: nobody. Errors: config_invalid, and those of `parsePolicy`. */
export async function givenPolicy(
  options: VerifyOptions,
  origin: string,
): Promise<Outcome<{ readonly policy: Policy; readonly key: VerifierKey } | null>> {
  const named = options.log === undefined ? null : parseVerifierKey(options.log);
  if (named !== null && !named.ok) return named;
  if (options.policy === undefined) {
    return succeed(named === null ? null : { policy: policyOf(named.value), key: named.value });
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(options.policy));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return fail(failure('config_invalid', `cannot read ${options.policy}: ${text}`));
  }
  const policy = parsePolicy(bytes);
  if (!policy.ok) return policy;
  const key = policy.value.logs.find((log) => log.key.name === origin)?.key;
  if (key === undefined) {
    const text = `${options.policy} does not name the log "${origin.slice(0, 80)}"`;
    return fail(failure('config_invalid', `${text}. Add it, or verify another log.`));
  }
  return succeed({ policy: policy.value, key });
}

function policyOf(key: VerifierKey): Policy {
  return { logs: [{ key, url: null }], witnesses: new Map(), quorum: { kind: 'none' } };
}
