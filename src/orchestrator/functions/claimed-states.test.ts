import { describe, expect, it } from 'vitest';
import { CLAIMED_STATE_ENTRIES_MAX } from '../../domain/limits.ts';
import {
  decodeStateProof,
  httpTiles,
  MachineState,
  verifyRecord,
} from '../../execution-machine/index.ts';
import { decodeCanonical } from '../../integrity/index.ts';
import { parsePolicy } from '../../ledger/index.ts';
import { startForTest, testConfig, until, valueOf } from '../volunteer.contract.ts';
import { startOrchestrator } from '../orchestrator.ts';
import { ClaimedStates } from './claimed-states.ts';
import { actionOf, deploymentOf, newSigner, postEntry, servicesOf } from './functions.contract.ts';

/** Counts its actions, under one key. */
const COUNT = `export function handle(db) {
  db.set('count', (db.get('count') ?? 0) + 1);
}`;
const counter = deploymentOf(COUNT);

/** Reads a row once, as of a claimed state, and verifies it once from the record's static files. */
async function proveOnce(url: string, key: string) {
  const { functions, ledger } = servicesOf(url);
  const about = { functionId: counter.id, key, isClaimed: true };
  const { value, proof, head, claimedIn } = await functions.readState(about);
  const { policy } = await ledger.getRecord({});
  const told = value.byteLength === 0 ? undefined : valueOf(decodeCanonical(value));
  const row = {
    claim: { function: counter.id, key, value: told },
    proof: valueOf(decodeStateProof(proof)),
    root: head?.root ?? new Uint8Array(),
    claimedIn: claimedIn === undefined ? null : Number(claimedIn),
  };
  const verdict = await verifyRecord({
    tiles: httpTiles(`${url}/record/`),
    policy: valueOf(parsePolicy(new TextEncoder().encode(policy))),
    pinned: null,
    check: { level: 'balance', row },
    nowMs: () => 0,
  });
  return { ...row, size: Number(head?.size), verdict: valueOf(verdict) };
}

/** Writes actions without pause until it is stopped. */
async function writing(url: string) {
  const ann = await newSigner();
  const deployment = await actionOf(ann, { function: 'deploy', body: counter.body });
  await postEntry(url, 'deploy', deployment);
  const stopping = new AbortController();
  const course = (async () => {
    while (!stopping.signal.aborted) {
      const entry = await actionOf(ann, { function: counter.id, body: null });
      await postEntry(url, counter.id, entry);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return async () => {
    stopping.abort();
    await course;
  };
}

describe('rows of a record that grows without pause', () => {
  it('are proven at the first try, again and again', { timeout: 60_000 }, async () => {
    const { url } = await startForTest({ publishEvery: 50 });
    const stop = await writing(url);
    await until(async () => (await proveOnce(url, 'count')).claim.value !== undefined);
    const counts: number[] = [];
    while (counts.length < 10 || new Set(counts).size < 3) {
      const { verdict, claim, claimedIn, size } = await proveOnce(url, 'count');
      expect(verdict.difference).toBe(null);
      expect(verdict.claimed).toMatchObject({ at: claimedIn, claim: { index: size - 1 } });
      counts.push(claim.value as number);
      expect((await proveOnce(url, 'none')).verdict.difference).toBe(null);
    }
    const { functions } = servicesOf(url);
    const newest = await functions.readState({ functionId: counter.id, key: 'count' });
    await stop();
    expect(newest.claimedIn).toBe(undefined);
    expect(valueOf(decodeCanonical(newest.value))).toBeGreaterThanOrEqual(counts.at(-1) ?? 0);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  it('are proven after a restart as soon as something is claimed', async () => {
    const config = testConfig({ publishEvery: 50 });
    const first = valueOf(await startOrchestrator(config));
    const stop = await writing(first.url);
    await until(async () => (await proveOnce(first.url, 'count')).claim.value !== undefined);
    await stop();
    await first.close();
    const again = valueOf(await startOrchestrator(config));
    // Its functions are being read for a moment.
    const asked = await until(() => proveOnce(again.url, 'count').catch(() => undefined));
    expect(asked.claim.value).toBeGreaterThan(0);
    const stopAgain = await writing(again.url);
    const { verdict } = await until(async () => {
      const proven = await proveOnce(again.url, 'count');
      return proven.claimedIn !== null && proven;
    });
    await stopAgain();
    expect(verdict.difference).toBe(null);
    await again.close();
  });
});

describe('the states that a log claims', () => {
  const stateOf = (count: number) => {
    const state = new MachineState();
    state.addTable('f');
    state.write({ id: 'f', key: 'count', text: `0${count}` });
    return state;
  };
  const countIn = (states: ClaimedStates, publishedSize: number) =>
    states.newest(publishedSize)?.view.row({ function: 'f', key: 'count' }).value;

  it('are proven against once a checkpoint has the claim, until the next one has its own', () => {
    const [states, state] = [new ClaimedStates(), stateOf(1)];
    const first = state.view();
    expect(states.mark({ size: 10, view: first }, 10)).toBe(true);
    state.write({ id: 'f', key: 'count', text: '02' });
    states.claim({ index: 9, root: first.root }, 12, null);
    expect([12, 13].map((size) => countIn(states, size))).toEqual([undefined, 1]);
    const second = state.view();
    // No second claim waits for a checkpoint.
    expect(states.mark({ size: 20, view: second }, 12)).toBe(false);
    expect(states.mark({ size: 20, view: second }, 13)).toBe(true);
    state.write({ id: 'f', key: 'count', text: undefined });
    states.claim({ index: 19, root: second.root }, 21, null);
    expect([21, 22].map((size) => countIn(states, size))).toEqual([1, 2]);
    // A state that is what a claim says needs no mark.
    states.claim({ index: 29, root: state.view().root }, 30, state.view());
    expect([30, 31].map((size) => countIn(states, size))).toEqual([2, undefined]);
    expect(states.newest(31)).toMatchObject({ size: 30, claimedIn: 30 });
  });

  it('are not taken from a claim that says something else', () => {
    const [states, view] = [new ClaimedStates(), stateOf(1).view()];
    states.mark({ size: 10, view }, 10);
    states.claim({ index: 9, root: stateOf(2).view().root }, 12, view);
    states.claim({ index: 8, root: view.root }, 12, null);
    expect(states.newest(100)).toBe(null);
  });

  it('are let go where too much changed since, and not before', () => {
    const [states, view] = [new ClaimedStates(), stateOf(1).view()];
    states.mark({ size: 10, view }, 10);
    states.claim({ index: 9, root: view.root }, 12, null);
    states.forgetBehind(9 + CLAIMED_STATE_ENTRIES_MAX);
    expect(states.newest(13)).toMatchObject({ size: 10 });
    states.forgetBehind(10 + CLAIMED_STATE_ENTRIES_MAX);
    expect(states.newest(13)).toBe(null);
  });
});
