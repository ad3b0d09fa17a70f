import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canPin, freePort, startNetwork } from '../../network/processes.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { actions, benchSigner, perSecond } from './bench-log.ts';
import { submitAll } from './submit-all.ts';

const RUNS = 3;
const ENTRIES = 4_000;
const CALLERS = 128;

/** The orchestrator's threads of entries, and the cores that it may use. */
const SETUPS = [
  { threads: 0, cores: 1 },
  { threads: 1, cores: 1 },
  { threads: 0, cores: 2 },
  { threads: 1, cores: 2 },
  { threads: 2, cores: 2 },
] as const;

/**
 * Entries that an orchestrator takes over RPC, one a call, each durable and with a promise in the
 * answer. With one core, callers have another; with two, callers take their part of both.
 */
export async function submitting(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const setup of SETUPS) lines.push(await submittingWith(setup));
  return lines;
}

async function submittingWith({ threads, cores }: (typeof SETUPS)[number]): Promise<Line> {
  const data = await mkdtemp(join(tmpdir(), 'manyhands-bench-submit-'));
  const port = await freePort();
  const isPinned = cores === 1 && canPin();
  const args = ['--record-threads', String(threads)];
  const orchestrator = await startNetwork({ port, data, args, ...(isPinned && { core: 0 }) });
  try {
    const runs: Run[] = [];
    // Not counted: the engine compiles what it sees often only after a while.
    const early = await actions(await benchSigner(), ENTRIES);
    await submitAll({ port, entries: early, callers: CALLERS });
    for (let run = 0; run < RUNS; run++) {
      const entries = await actions(await benchSigner(), ENTRIES);
      const peer = await perSecond(() => Promise.resolve(verifyOneByOne(500)));
      const ours = await submitAll({ port, entries, callers: CALLERS });
      runs.push({ value: ours, ours, peer });
    }
    const where = isPinned ? 'on one core' : 'on the cores that callers use too';
    const how = `with ${threads} threads of entries, ${where}, after ${ENTRIES} more`;
    return figureOf(
      {
        ...{ suite: 'ledger', name: 'submit-per-second', unit: 'entries/s', better: 'higher' },
        work: `${ENTRIES} actions of 250 bytes over RPC, ${CALLERS} at a time, promised, ${how}`,
        peer: 'Ed25519 verification alone, one core, a second',
        goal: '>= 3000',
      },
      runs,
    );
  } finally {
    await orchestrator.interrupt();
    await rm(data, { recursive: true, force: true });
  }
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const MESSAGE = Buffer.alloc(48, 1);
const SIGNATURE = sign(null, MESSAGE, privateKey);

function verifyOneByOne(count: number): number {
  for (let at = 0; at < count; at++) verify(null, MESSAGE, publicKey, SIGNATURE);
  return count;
}
