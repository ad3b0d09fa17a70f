import wasmUrl from 'quickjs-wasi/quickjs.wasm?url';
import type { EntryOutcome } from '../../../src/execution-machine/index.ts';
import { openEngine } from '../../../src/execution-machine/index.ts';
import {
  deployDeepSources,
  HOSTILE_CASES,
  runHostileCases,
} from '../../../src/execution-machine/hostile.contract.ts';
import { TILE_WIDTH } from '../../../src/ledger/index.ts';
import { AUDITED_TILES, auditRuns, treeOf, type AuditRun } from '../../bench/ledger/audit-work.ts';
import { hexOf, replayRuns, transferLog, type ReplayRun } from '../../bench/ledger/replay-work.ts';

export type MachineOrder = 'hostile' | 'replay' | 'audit';
export type MachineAnswer =
  | {
      readonly kind: 'hostile';
      readonly outcomes: readonly EntryOutcome[];
      readonly root: string;
      readonly refusals: readonly string[];
    }
  | { readonly kind: 'replay'; readonly runs: readonly ReplayRun[] }
  | { readonly kind: 'audit'; readonly runs: readonly AuditRun[] }
  | { readonly kind: 'failed'; readonly message: string };

const REPLAYS = 4;
const AUDITS = 5;

addEventListener('message', ({ data }: MessageEvent<MachineOrder>) => {
  answer(data)
    .catch((cause: unknown): MachineAnswer => ({ kind: 'failed', message: String(cause) }))
    .then((given) => postMessage(given));
});

async function answer(order: MachineOrder): Promise<MachineAnswer> {
  if (order === 'audit') {
    const tree = await treeOf(AUDITED_TILES * TILE_WIDTH);
    return { kind: 'audit', runs: await auditRuns(tree, AUDITS) };
  }
  const response = await fetch(wasmUrl);
  const opened = await openEngine(new Uint8Array(await response.arrayBuffer()));
  if (!opened.ok) return { kind: 'failed', message: opened.failure.message };
  const engine = opened.value;
  if (order === 'hostile') {
    const { outcomes, root } = await runHostileCases(engine, HOSTILE_CASES);
    const refusals = await deployDeepSources(engine);
    return { kind: 'hostile', outcomes, root: hexOf(root), refusals };
  }
  const log = transferLog(engine);
  return { kind: 'replay', runs: await replayRuns(engine, { log, count: REPLAYS }) };
}
