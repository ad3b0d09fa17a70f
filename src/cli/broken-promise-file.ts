import { readFile, stat } from 'node:fs/promises';
import { failure } from '../domain/failure.ts';
import { BROKEN_PROMISE_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeBrokenPromise, parseCheckpoint, provesBroken } from '../ledger/index.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { givenPolicy } from './known-log.ts';
import type { VerifyOptions } from './verify-command.ts';

/** Checks, offline, a proof in a file that a log broke a promise. */
export async function checkBrokenPromise(
  path: string,
  options: VerifyOptions,
  { terminal }: Surroundings,
): Promise<Outcome<ExitCode>> {
  const bytes = await bytesIn(path);
  if (!bytes.ok) return bytes;
  const proof = decodeBrokenPromise(bytes.value);
  if (!proof.ok) return proof;
  const signed = parseCheckpoint(proof.value.checkpoint);
  if (!signed.ok) return signed;
  const given = await givenPolicy(options, signed.value.checkpoint.origin);
  if (!given.ok) return given;
  if (given.value === null) {
    const text = 'whose promise? Name the log with --log, or with --policy also its witnesses';
    return fail(failure('config_invalid', `${text}.`));
  }
  const broken = await provesBroken(given.value.policy, proof.value);
  if (!broken.ok) {
    if (options.json === true) {
      terminal.result(JSON.stringify({ isBroken: false, why: broken.failure.message }));
    } else {
      terminal.result(broken.failure.message);
    }
    return succeed(EXIT.evidenceDiffers);
  }
  const { origin, entry, index, byMs } = broken.value;
  const by = new Date(byMs).toISOString();
  if (options.json === true) {
    terminal.result(JSON.stringify({ isBroken: true, log: origin, entry, index, byMs }));
  } else {
    terminal.result(
      `The log "${origin}" promised entry ${entry} at ${index}, by ${by}, and broke its word.`,
    );
  }
  return succeed(EXIT.ok);
}

async function bytesIn(path: string): Promise<Outcome<Uint8Array>> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true || found.size > BROKEN_PROMISE_BYTES_MAX) {
    const text = `${path} is no file with the proof of a broken promise`;
    return fail(failure('config_invalid', `${text}. "npx manyhands verify" names one it finds.`));
  }
  return succeed(new Uint8Array(await readFile(path)));
}
