import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseEvidence } from '../../src/validation/index.ts';
import { certain } from '../network/client.ts';
import type { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { manyhands, until } from '../network/processes.ts';

/** The bundle that the quarantine of an agent names, once it is quarantined. */
export async function bundleOf(liar: HandDrivenAgent, url: string) {
  const reason = await until('the quarantine', async () => {
    return (await liar.standing()).quarantine?.reason;
  });
  const id = /evidence (bafyrei[a-z2-7]{52})$/.exec(reason)?.[1] ?? '';
  const response = await fetch(`${url}/evidence/${id}`);
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const evidence = certain(await parseEvidence(bytes, { nowMs: Date.now() }));
  return { id, reason, bytes, evidence };
}

/** `manyhands evidence replay` of some bytes, in a process of its own. */
export async function replay(bytes: Uint8Array, ...args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-replay-'));
  try {
    const path = join(folder, 'given.evidence');
    writeFileSync(path, bytes);
    const { code, stdout } = await manyhands(['evidence', 'replay', path, '--json', ...args]);
    const json: unknown = stdout === '' ? null : JSON.parse(stdout);
    return { code, json };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
