// An orchestrator that is killed again and again while strangers write to a function: each action
// that was acknowledged is there, and each was applied once, however often it was sent.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { randomStream } from '../src/domain/random.ts';
import type { AgentId } from '../src/domain/ids.ts';
import {
  actionDraft,
  ENGINE_ID,
  freshAnchor,
  functionIdOf,
} from '../src/execution-machine/index.ts';
import { openNodeEngine } from '../src/execution-machine/node.ts';
import { evaluateRecord, httpTiles, openNetwork } from '../src/execution-machine/sdk/index.ts';
import { generateSigningKey, messageSignerOf, type SigningKey } from '../src/integrity/index.ts';
import { must } from '../src/ledger/example-log.contract.ts';
import { signEntry } from '../src/ledger/index.ts';
import { freePort, startNetwork, type Program } from './network/processes.ts';

const KILLS = 8;
const WRITERS = 4;
const TEST_MS_MAX = 400_000;

/** Counts, and refuses nothing: what is applied twice is counted twice. */
const COUNTER = `export function handle(db, action, ctx) {
  const count = (db.get('of/' + ctx.caller) ?? 0) + 1;
  db.set('of/' + ctx.caller, count);
  db.set('seen/' + ctx.caller + '/' + action, (db.get('seen/' + ctx.caller + '/' + action) ?? 0) + 1);
  return count;
}`;

const folder = mkdtempSync(join(tmpdir(), 'manyhands-functions-killed-'));
let program: Program | null = null;
afterAll(async () => {
  await program?.killHard();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends an entry until somebody took it: the same bytes each time. */
async function sendUntilTaken(url: string, id: string, entry: Uint8Array): Promise<number> {
  for (;;) {
    try {
      const body = new Uint8Array(entry);
      const answer = await fetch(`${url}/fn/${id}`, { method: 'POST', body });
      const told = (await answer.json()) as { index?: number; code?: string; message?: string };
      if (answer.status === 202 && told.index !== undefined) return told.index;
      // While it starts, or its threads do; anything else is a fault.
      if (told.code !== 'unavailable' && told.code !== undefined) throw new Refused(told.message);
    } catch (cause) {
      if (cause instanceof Refused) throw cause;
    }
    await pause(20);
  }
}

class Refused extends Error {}

describe('functions of an orchestrator that is killed', () => {
  it(
    'lose no acknowledged action, and apply none twice',
    async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const args = ['--no-welcome-job', '--disk-reserve', '0', '--log-level', 'error'];
      const start = () =>
        startNetwork({
          port,
          data: join(folder, 'data'),
          args: [...args, '--publish-every', '50'],
        });
      program = await start();
      const id = await deployCounter(url);
      const course = { isOver: false };
      const writing = Array.from({ length: WRITERS }, () => writeOn({ url, id, course }));
      const random = randomStream(20_261_127, 'instants of kills');
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(300 + random.nextBelow(900));
        // One in four ends gracefully, so that later ones begin with a snapshot.
        if (kill % 4 === 1) await program.interrupt();
        else await program.killHard();
        program = await start();
      }
      course.isOver = true;
      const written = await Promise.all(writing);
      await expectOnce({ url, id, written });
    },
    TEST_MS_MAX,
  );
});

type Written = { readonly agent: AgentId; readonly indexes: readonly number[] };

/** Writes one action after the other, with a key of its own. */
async function writeOn(of: {
  readonly url: string;
  readonly id: string;
  readonly course: { readonly isOver: boolean };
}): Promise<Written> {
  const key: SigningKey = must(await generateSigningKey({ extractable: false }));
  const indexes: number[] = [];
  while (!of.course.isOver) {
    const draft = { function: of.id, body: indexes.length, anchor: freshAnchor() };
    const entry = await signEntry(messageSignerOf(key), actionDraft(draft));
    indexes.push(await sendUntilTaken(of.url, of.id, entry));
  }
  return { agent: key.agent, indexes };
}

async function deployCounter(url: string): Promise<string> {
  const key = must(await generateSigningKey({ extractable: false }));
  const body = { engine: ENGINE_ID, source: COUNTER, governance: null };
  const draft = actionDraft({ function: 'deploy', body, anchor: freshAnchor() });
  await sendUntilTaken(url, 'deploy', await signEntry(messageSignerOf(key), draft));
  return functionIdOf(body);
}

/** The state that the orchestrator tells, and the one that the log comes to here, count each once. */
async function expectOnce(of: {
  readonly url: string;
  readonly id: string;
  readonly written: readonly Written[];
}): Promise<void> {
  const { url, id, written } = of;
  const network = openNetwork(url);
  const last = Math.max(...written.flatMap(({ indexes }) => indexes));
  const { log } = must(await network.about());
  const engine = must(await openNodeEngine());
  const evaluate = async () =>
    must(await evaluateRecord({ engine, log, tiles: httpTiles(`${url}/record/`) }));
  let evaluated = await evaluate();
  while (evaluated.verdict.entryCount <= last) evaluated = await evaluate();
  expect(evaluated.verdict).toMatchObject({ difference: null });
  for (const { agent, indexes } of written) {
    expect(indexes.length).toBeGreaterThan(0);
    expect(new Set(indexes).size).toBe(indexes.length);
    const key = `of/${agent}`;
    while ((await network.read({ function: id, key })).ok === false) await pause(50);
    await expect
      .poll(async () => must(await network.read({ function: id, key })).value, { timeout: 60_000 })
      .toBe(indexes.length);
    expect(evaluated.read({ function: id, key })).toBe(indexes.length);
    const seen = evaluated.list({ function: id, prefix: `seen/${agent}/`, limit: Infinity });
    expect(seen.map(([, count]) => count)).toEqual(indexes.map(() => 1));
    const outcome = must(await network.outcomeOf(indexes.at(-1) ?? 0));
    expect(outcome).toEqual({ kind: 'done', value: indexes.length });
  }
}
