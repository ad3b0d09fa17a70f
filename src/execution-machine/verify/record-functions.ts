import { failure } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { NOTE_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf } from '../../integrity/index.ts';
import {
  CHECKPOINT_PATH,
  decodeEntry,
  LogTree,
  trustCheckpoint,
  verifyEntry,
  type Entry,
  type Policy,
  type TileReader,
} from '../../ledger/index.ts';
import { ENGINE_ID } from '../engine.ts';
import {
  begunFunctions,
  networkFunctions,
  type BegunFunctions,
  type NetworkFunctions,
} from '../network-functions.ts';

/**
 * The functions that the network of a record runs on, from its static files: those that its first
 * entries deploy, and this software's where it has none yet.
 *
 * The files may come from an attacker. Errors: those of the reader, "checkpoint_untrusted", those
 * of `LogTree`, and those of `functionsBegunIn`.
 */
export async function recordFunctions(of: {
  readonly tiles: TileReader;
  readonly policy: Policy;
}): Promise<Outcome<NetworkFunctions>> {
  const shown = await of.tiles.read(CHECKPOINT_PATH, NOTE_BYTES_MAX);
  if (!shown.ok) return shown;
  const trusted = await trustCheckpoint(of.policy, shown.value);
  if (!trusted.ok) return trusted;
  const log = agentIdOf(trusted.value.log.publicKey);
  if (!log.ok) return log;
  const tree = await LogTree.open(of.tiles, trusted.value.checkpoint);
  if (!tree.ok) return tree;
  const first = tree.value.head.size === 0 ? succeed([]) : await tree.value.entries(0);
  if (!first.ok) return first;
  return functionsBegunIn(first.value, log.value);
}

/**
 * The functions of the network whose record begins with these entries; `judges` where it begins now.
 *
 * Errors: those of `checkEngine`.
 */
export async function functionsBegunIn(
  bytes: readonly Uint8Array[],
  log: AgentId,
  judges: readonly string[] = [],
): Promise<Outcome<NetworkFunctions>> {
  const entries: Entry[] = [];
  for (const one of bytes) {
    const decoded = decodeEntry(one);
    if (!decoded.ok || Object.keys(begunFunctions(log, [decoded.value.entry])).length === 0)
      continue;
    const verified = await verifyEntry(one);
    if (verified.ok) entries.push(verified.value.entry);
  }
  const begun = begunFunctions(log, entries);
  const known = checkEngine(begun);
  return known.ok ? succeed(networkFunctions(log, { begun, judges })) : known;
}

/**
 * Succeeds where a record's functions run in the engine that this software has.
 *
 * Errors: "version_unsupported": what it would make of them is not what the record says.
 */
export function checkEngine(begun: BegunFunctions): Outcome<void> {
  const other = Object.values(begun).find(({ engine }) => engine !== ENGINE_ID);
  if (other === undefined) return succeed(undefined);
  const text = `this record runs in the engine ${other.engine}, and this software has ${ENGINE_ID}`;
  const remedy = 'Use the version that began the record, or begin another in a new data folder';
  return fail(failure('version_unsupported', `${text}. ${remedy}.`));
}
