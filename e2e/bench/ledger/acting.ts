import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  actionDraft,
  ENGINE_ID,
  freshAnchor,
  functionIdOf,
} from '../../../src/execution-machine/index.ts';
import type { CanonicalValue, MessageSigner } from '../../../src/integrity/index.ts';
import { signEntry } from '../../../src/ledger/index.ts';
import { freePort, startNetwork } from '../../network/processes.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { actions, benchSigner } from './bench-log.ts';
import { submitAll } from './submit-all.ts';

const RUNS = 3;

const LOADS = [
  { callers: 128, count: 3_000 },
  { callers: 1, count: 300 },
] as const;

const SOURCE = `export function handle(db, { to, units }, ctx) {
  db.set(to, (db.get(to) ?? 0) + units);
}`;

/** Actions of a function that an orchestrator tries, takes, keeps and promises, one a call. */
export async function acting(): Promise<readonly Line[]> {
  const data = await mkdtemp(join(tmpdir(), 'manyhands-bench-act-'));
  const port = await freePort();
  const orchestrator = await startNetwork({ port, data });
  try {
    const owner = await benchSigner();
    const deployed = { engine: ENGINE_ID, source: SOURCE, governance: null };
    const id = functionIdOf(deployed);
    const deployment = await actionsOf(owner, { function: 'deploy', bodies: [deployed] });
    await submitAll({ port, entries: deployment, callers: 1 });
    const lines: Line[] = [];
    for (const { callers, count } of LOADS) {
      const runs: Run[] = [];
      for (let run = 0; run < RUNS; run++) {
        const bodies = Array.from({ length: count }, (_, at) => ({
          to: `account-${at}`,
          units: 1,
        }));
        const entries = await actionsOf(owner, { function: id, bodies });
        const untried = await actions(await benchSigner(), count);
        const peer = await submitAll({ port, entries: untried, callers });
        const ours = await submitAll({ port, entries, callers });
        runs.push({ value: ours, ours, peer });
      }
      lines.push(
        figureOf(
          {
            ...{ suite: 'ledger', name: 'actions-per-second', unit: 'actions/s', better: 'higher' },
            work: `${count} actions over RPC, each tried first and promised, ${callers} at a time`,
            peer: 'entries of no function, which nobody tries',
          },
          runs,
        ),
      );
    }
    return lines;
  } finally {
    await orchestrator.interrupt();
    await rm(data, { recursive: true, force: true });
  }
}

async function actionsOf(
  signer: MessageSigner,
  of: { readonly function: string; readonly bodies: readonly CanonicalValue[] },
): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  for (const body of of.bodies) {
    const draft = actionDraft({ function: of.function, body, anchor: freshAnchor() });
    entries.push(await signEntry(signer, draft));
  }
  return entries;
}
