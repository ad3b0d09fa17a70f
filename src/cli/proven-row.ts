import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeStateProof, recordFunctions, type ProvenRow } from '../execution-machine/index.ts';
import { decodeCanonical } from '../integrity/index.ts';
import type { Policy, TileReader } from '../ledger/index.ts';
import { agentArgument } from './command.ts';
import type { Connection } from './connection.ts';

/** Which row is to be proven. */
export type RowName = { readonly function: string; readonly key: string };

/**
 * The row of an agent's credits, of the function that its log has for them, or another row that is
 * named. Errors: config_invalid, and those of `recordFunctions`.
 */
export async function rowNamed(
  options: { readonly key?: string; readonly function?: string; readonly row?: string },
  log: { readonly tiles: TileReader; readonly policy: Policy },
): Promise<Outcome<RowName>> {
  if (options.function !== undefined && options.row !== undefined) {
    return succeed({ function: options.function, key: options.row });
  }
  if (options.key === undefined || options.row !== undefined) {
    const text = 'which row? Name an agent with --key, or a row with --function and --row';
    return fail(failure('config_invalid', `${text}.`));
  }
  const agent = agentArgument(options.key);
  if (!agent.ok) return agent;
  const functions = await recordFunctions(log);
  if (!functions.ok) return functions;
  return succeed({ function: functions.value.credits.id, key: `total/${agent.value}` });
}

/**
 * What an orchestrator says of a row as of the newest state that its log claims, with its proof;
 * nothing of it is verified.
 */
export async function readRow(
  { functions, call }: Pick<Connection, 'functions' | 'call'>,
  row: RowName,
): Promise<Outcome<ProvenRow>> {
  const request = { functionId: row.function, key: row.key, isClaimed: true };
  const read = await call((how) => functions.readState(request, how));
  if (!read.ok) return read;
  const proof = decodeStateProof(read.value.proof);
  if (!proof.ok) return proof;
  // No bytes stand for no row: each value has some.
  const isThere = read.value.value.byteLength > 0;
  const value = isThere ? decodeCanonical(read.value.value) : succeed(undefined);
  if (!value.ok) return value;
  const { head, claimedIn } = read.value;
  return succeed({
    claim: { ...row, value: value.value },
    proof: proof.value,
    root: head?.root ?? new Uint8Array(),
    claimedIn: claimedIn === undefined ? null : Number(claimedIn),
  });
}
